import Journal
package import Tensors

extension MLmodelSignature {
    /// More than these are not told.
    private static let mostDifferences = 16

    /// Where this is not what the model file says, by name.
    ///
    /// The file is right: it is what runs. MLflow's client gives a model's columns their own types and casts on the way to
    /// the model, so that for columns only their number, or their names, are compared.
    package func differences(from signature: Signature) -> [String] {
        let found =
            Self.differences(inputs, signature.inputs, "input")
            + Self.differences(outputs, signature.outputs, "output")
        return Array(found.prefix(Self.mostDifferences))
    }

    private static func differences(_ fields: [Field], _ specs: [TensorSpec], _ what: String) -> [String] {
        guard !fields.isEmpty else { return [] }
        guard fields.allSatisfy({ $0.tensor != nil }) else {
            return what == "input" ? columns(fields, specs) : []
        }
        if fields.count == 1, let only = fields.first, only.name == nil, let tensor = only.tensor {
            // Of several outputs, a client may have described the one that it looks at.
            guard specs.count == 1, let spec = specs.first else {
                return what == "output"
                    ? [] : ["MLflow's signature has one \(what) without a name, the file has \(specs.count)"]
            }
            return difference(tensor, spec, what).map { [$0] } ?? []
        }
        return named(fields, specs, what)
    }

    private static func named(_ fields: [Field], _ specs: [TensorSpec], _ what: String) -> [String] {
        let known = Dictionary(specs.map { ($0.name, $0) }) { first, _ in first }
        var found: [String] = []
        for field in fields {
            let name = field.name ?? ""
            guard let spec = known[name] else {
                found.append("\(what) '\(Name.excerpt(of: name))' of MLflow's signature is not in the file")
                continue
            }
            if let tensor = field.tensor, let difference = difference(tensor, spec, what) { found.append(difference) }
        }
        return found + missing(fields, specs, what)
    }

    private static func missing(_ fields: [Field], _ specs: [TensorSpec], _ what: String) -> [String] {
        let described = Set(fields.compactMap(\.name))
        return specs.filter { !$0.isOptional && !described.contains($0.name) }
            .map { "\(what) '\(Name.excerpt(of: $0.name))' of the file is not in MLflow's signature" }
    }

    private static func columns(_ fields: [Field], _ specs: [TensorSpec]) -> [String] {
        guard specs.count == 1, let only = specs.first else {
            let known = Set(specs.map(\.name))
            let unknown = fields.compactMap(\.name).filter { !known.contains($0) }
                .map { "column '\(Name.excerpt(of: $0))' of MLflow's signature is no input of the file" }
            return unknown + missing(fields, specs, "input")
        }
        guard only.shape.count == 2, case .fixed(let width) = only.shape[1], width != fields.count else { return [] }
        return [
            "MLflow's signature has \(fields.count) columns, input '\(Name.excerpt(of: only.name))' of the file takes \(width)"
        ]
    }

    private static func difference(_ tensor: Tensor, _ spec: TensorSpec, _ what: String) -> String? {
        let place = "\(what) '\(Name.excerpt(of: spec.name))'"
        if let type = ElementType(numpy: tensor.dtype), type != spec.elementType {
            return "\(place) is \(type.rawValue) in MLflow's signature and \(spec.elementType.rawValue) in the file"
        }
        // A file that names no dimensions says nothing of them.
        guard !spec.shape.isEmpty else { return nil }
        let fits =
            tensor.shape.count == spec.shape.count
            && zip(tensor.shape, spec.wireShape).allSatisfy { $0 < 0 || $1 < 0 || $0 == $1 }
        guard !fits else { return nil }
        return "\(place) has the shape \(tensor.shape) in MLflow's signature and \(spec.wireShape) in the file"
    }
}

extension ElementType {
    /// By NumPy's name of a type; `nil` for one that no tensor has here.
    init?(numpy name: String) {
        switch name {
        case "bool": self = .bool
        case "int8": self = .int8
        case "int16": self = .int16
        case "int32": self = .int32
        case "int64": self = .int64
        case "uint8": self = .uint8
        case "uint16": self = .uint16
        case "uint32": self = .uint32
        case "uint64": self = .uint64
        case "float16": self = .fp16
        case "float32": self = .fp32
        case "float64": self = .fp64
        case "str", "object", "bytes": self = .bytes
        default: return nil
        }
    }
}
