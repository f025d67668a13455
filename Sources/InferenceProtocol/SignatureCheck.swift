package import Tensors

/// What every protocol checks of a tensor against the model's signature, with the words for what does not fit.
package enum SignatureCheck {
    /// Dimensions that a shape may have: as many as lists may be nested, whichever protocol it comes by.
    package static let dimensionLimit = JSONCursor.depthLimit

    /// The index of the spec called `name`.
    @inline(__always)
    package static func index(
        of name: JSONText, in specs: [TensorSpec], _ kind: StaticString
    ) throws(JSONProblem) -> Int {
        for index in specs.indices where name.equals(specs[index].name) { return index }
        throw unknown(name.string, specs, "\(kind)")
    }

    @inline(never)
    private static func unknown(_ name: String, _ specs: [TensorSpec], _ kind: String) -> JSONProblem {
        let names = specs.map(\.name)
        var sentence = "the model has no \(kind) '\(name.prefix(128))'"
        if let near = NameSuggestion.nearest(to: name, among: names) {
            sentence += "; did you mean '\(near)'?"
        } else {
            sentence += "; it has \(listed(names))"
        }
        return JSONProblem(sentence)
    }

    @inline(never)
    package static func typeDisagrees(_ written: String, _ spec: TensorSpec) -> JSONProblem {
        guard ElementType(rawValue: written) != nil else {
            let types = ElementType.allCases.map(\.rawValue).joined(separator: ", ")
            return JSONProblem("'\(written.prefix(32))' is no data type; there are \(types)")
        }
        return JSONProblem("the model's input '\(spec.name)' is of type \(spec.elementType.rawValue), got \(written)")
    }

    /// Only numbers have a largest.
    package static func canClassify(_ spec: TensorSpec) throws(JSONProblem) {
        guard spec.elementType != .bytes, spec.elementType != .bool else {
            throw JSONProblem(
                "classification needs numbers, but the output '\(spec.name)' is of type \(spec.elementType.rawValue)"
            ).within("parameters.classification")
        }
    }

    @inline(__always)
    package static func shape(_ shape: Shape, fits spec: TensorSpec) throws(JSONProblem) {
        let dimensions = shape.dimensions
        guard dimensions.count == spec.shape.count else { throw shapeDisagrees(shape, spec) }
        for index in dimensions.indices {
            if case .fixed(let size) = spec.shape[index], size != dimensions[index] {
                throw shapeDisagrees(shape, spec)
            }
        }
    }

    @inline(never)
    private static func shapeDisagrees(_ shape: Shape, _ spec: TensorSpec) -> JSONProblem {
        let found = shape.dimensions.count
        let expected = spec.shape.count
        var sentence = "the model's input '\(spec.name)' has the shape \(text(spec.shape)), got \(shape.dimensions)"
        if found != expected {
            sentence += ": \(expected) \(expected == 1 ? "dimension" : "dimensions") expected, got \(found)"
        }
        return JSONProblem(sentence)
    }

    /// A name stands for one size throughout a request. `inputs` are in the signature's order.
    package static func symbols(of inputs: [Tensor], in signature: Signature) throws(JSONProblem) {
        // A single name cannot contradict itself.
        guard signature.symbolCount > 1 else { return }
        var known: [(symbol: String, size: Int, input: String)] = []
        var next = signature.inputs.startIndex
        for tensor in inputs {
            while next < signature.inputs.endIndex, signature.inputs[next].name != tensor.name { next += 1 }
            guard next < signature.inputs.endIndex else { return }
            let shape = signature.inputs[next].shape
            for (dimension, size) in zip(shape, tensor.shape.dimensions) {
                guard case .symbolic(let symbol) = dimension, !symbol.isEmpty else { continue }
                if let first = known.first(where: { $0.symbol == symbol }) {
                    guard first.size == size else {
                        throw JSONProblem(
                            "the dimension '\(symbol)' is \(first.size) in input '\(first.input)' but \(size) in "
                                + "input '\(tensor.name)'; it must be the same in both")
                    }
                } else {
                    known.append((symbol, size, tensor.name))
                }
            }
        }
    }

    /// Every input must be there, except those for which the model has a value of its own.
    package static func complete(_ given: IndexSet64, _ signature: Signature) throws(JSONProblem) {
        if given.count == signature.inputs.count { return }
        var missing: [String] = []
        for (index, spec) in signature.inputs.enumerated() where !spec.isOptional && !given.contains(index) {
            missing.append(spec.name)
        }
        guard !missing.isEmpty else { return }
        throw JSONProblem("the model also needs the \(missing.count == 1 ? "input" : "inputs") \(listed(missing))")
    }

    /// A shape as people write it: `[batch, 4]`, with `?` where any size is allowed.
    static func text(_ shape: [Dimension]) -> String {
        let parts = shape.map { dimension in
            switch dimension {
            case .fixed(let size): String(size)
            case .symbolic(let name): name
            case .unknown: "?"
            }
        }
        return "[" + parts.joined(separator: ", ") + "]"
    }

    static func listed(_ names: [String]) -> String {
        let shown = names.prefix(8).map { "'\($0)'" }.joined(separator: ", ")
        if names.isEmpty { return "none" }
        return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
    }
}

extension Signature {
    /// How many dimensions of inputs are open under a name.
    fileprivate var symbolCount: Int {
        var count = 0
        for input in inputs.indices {
            for dimension in inputs[input].shape.indices {
                if case .symbolic = inputs[input].shape[dimension] { count += 1 }
            }
        }
        return count
    }
}
