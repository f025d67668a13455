package import Tensors

/// Which features of a model are watched, and where in its tensors they are: told by its signature alone, so that it is
/// the same whenever it is asked for.
///
/// A small tensor is watched column by column, a large one (an image, an embedding) by the mean of a row; of texts, which
/// they are and how long.
package struct FeaturePlan: Sendable, Hashable {
    /// Features of one version at most, and how many of them may be outputs.
    package static let mostFeatures = 64
    static let mostOutputs = 16
    /// A row of more numbers is taken as a whole; and so is one of more texts.
    static let widest = 256
    static let mostTexts = 16

    /// One input or output, and what is made of a row of it.
    package struct Source: Sendable, Hashable {
        enum Form: Sendable, Hashable {
            /// The first so many elements of a row, a feature each.
            case numbers(Int)
            /// The mean of all elements of a row.
            case mean
            /// The first so many elements of a row, two features each: the text and its length.
            case texts(Int)
            /// The bytes of all elements of a row.
            case length
        }

        package let role: Feature.Role
        package let name: String
        let elementType: ElementType
        /// Elements that a row has; `nil` where that differs.
        let width: Int?
        let form: Form
        /// The place of its first feature among all.
        let first: Int
    }

    package let sources: [Source]
    package let features: [Feature]
    /// What is not watched for want of places.
    package let leftOut: [String]
    /// Whether the leading dimension is the number of rows; else a request is one row.
    let hasRows: Bool

    /// - Parameter names: of the columns of a model's one input, where its metadata has them.
    package init(_ signature: Signature, names: [String]? = nil) {
        switch signature.inputs.first?.shape.first {
        case .symbolic, .unknown: hasRows = true
        case .fixed, nil: hasRows = false
        }
        var making = Making(hasRows: hasRows)
        let outputs = signature.outputs.reduce(0) { $0 + making.form(of: $1).wanted }
        making.room = Self.mostFeatures - min(outputs, Self.mostOutputs)
        for spec in signature.inputs { making.add(spec, as: .input) }
        making.room = min(Self.mostOutputs, Self.mostFeatures - making.features.count)
        for spec in signature.outputs { making.add(spec, as: .output) }
        if let names, signature.inputs.count == 1 { making.call(names) }
        (sources, features, leftOut) = (making.sources, making.features, making.leftOut)
    }

    /// Bytes that a row takes at most while it waits.
    var rowBytes: Int {
        features.reduce(8) { $0 + ($1.isText ? 16 + TextKey.whole : 8) }
    }
}

/// A plan that is being made.
private struct Making {
    let hasRows: Bool
    var room = 0
    var sources: [FeaturePlan.Source] = []
    var features: [Feature] = []
    var leftOut: [String] = []

    init(hasRows: Bool) { self.hasRows = hasRows }

    /// What is to be made of a tensor, and how many features that would be.
    func form(of spec: TensorSpec) -> (width: Int?, form: FeaturePlan.Source.Form, wanted: Int) {
        let width = width(of: spec)
        let isText = spec.elementType == .bytes
        guard let width, width > 0, spec.shape.count <= 2 || width == 1,
            width <= (isText ? FeaturePlan.mostTexts : FeaturePlan.widest)
        else { return (width, isText ? .length : .mean, 1) }
        return isText ? (width, .texts(width), 2 * width) : (width, .numbers(width), width)
    }

    /// Elements of a row. A shape of no dimensions may be one that the model does not tell.
    private func width(of spec: TensorSpec) -> Int? {
        guard !spec.shape.isEmpty else { return nil }
        var width = 1
        for dimension in spec.shape.dropFirst(hasRows ? 1 : 0) {
            guard case .fixed(let size) = dimension, size >= 0 else { return nil }
            let (product, overflow) = width.multipliedReportingOverflow(by: size)
            guard !overflow else { return nil }
            width = product
        }
        return width
    }

    /// Gives the columns of the one input their names, if there are as many.
    mutating func call(_ names: [String]) {
        guard let source = sources.first(where: { $0.role == .input }), source.width == names.count else { return }
        for index in features.indices
        where features[index].role == .input && names.indices.contains(features[index].column) {
            let name = names[features[index].column]
            switch features[index].aspect {
            case .number, .text: features[index].label = name
            case .length where source.form != .length: features[index].label = name + " (length)"
            case .length, .mean: break
            }
        }
    }

    mutating func add(_ spec: TensorSpec, as role: Feature.Role) {
        let (width, form, wanted) = form(of: spec)
        let first = features.count
        switch form {
        case .numbers(let count):
            let kept = min(count, room)
            append(kept, of: count, spec, role, width, .numbers(kept), first) { [($0, .number, $1)] }
        case .texts(let count):
            let kept = min(count, room / 2)
            append(kept, of: count, spec, role, width, .texts(kept), first) {
                [($0, .text, $1), ($0, .length, $1 + " (length)")]
            }
        case .mean:
            append(min(1, room), of: 1, spec, role, width, .mean, first) { _, name in [(0, .mean, name + " (mean)")] }
        case .length:
            append(min(1, room), of: 1, spec, role, width, .length, first) { _, name in
                [(0, .length, name + " (length)")]
            }
        }
        room -= features.count - first
        assert(features.count - first <= wanted)
    }

    private mutating func append(
        _ kept: Int, of all: Int, _ spec: TensorSpec, _ role: Feature.Role, _ width: Int?,
        _ form: FeaturePlan.Source.Form, _ first: Int, _ made: (Int, String) -> [(Int, Feature.Aspect, String)]
    ) {
        func name(_ column: Int) -> String { all == 1 ? spec.name : "\(spec.name)[\(column)]" }
        for column in 0..<kept {
            for (column, aspect, label) in made(column, name(column)) {
                features.append(
                    Feature(role: role, tensor: spec.name, column: column, aspect: aspect, label: label))
            }
        }
        if kept > 0 {
            sources.append(
                FeaturePlan.Source(
                    role: role, name: spec.name, elementType: spec.elementType, width: width, form: form, first: first))
        }
        if kept < all {
            leftOut.append(kept == all - 1 ? name(kept) : "\(name(kept)) to \(name(all - 1))")
        }
    }
}
