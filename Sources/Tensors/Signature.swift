/// One dimension as a model file declares it.
package enum Dimension: Sendable, Hashable {
    case fixed(Int)
    /// Any size; the same name stands for the same size throughout one request.
    case symbolic(String)
    /// Any size, without a name.
    case unknown
}

/// A named input or output as the model file declares it.
package struct TensorSpec: Sendable, Hashable, Codable {
    package let name: String
    package let elementType: ElementType
    /// Outermost first; empty for a scalar, and where the file does not say how many dimensions there are.
    package let shape: [Dimension]
    /// Whether the model has a value of its own for this input (an initializer that callers may override).
    package let isOptional: Bool

    package init(name: String, elementType: ElementType, shape: [Dimension], isOptional: Bool = false) {
        self.name = name
        self.elementType = elementType
        self.shape = shape
        self.isOptional = isOptional
    }

    /// The shape as the protocols write it: -1 where any size is allowed.
    package var wireShape: [Int] {
        shape.map { if case .fixed(let size) = $0 { size } else { -1 } }
    }
}

/// The named, typed, shaped inputs and outputs of a model version, read out of the model file itself.
package struct Signature: Sendable, Hashable, Codable {
    /// In the order of the model file; requests refer to inputs and outputs by their index here.
    package let inputs: [TensorSpec]
    package let outputs: [TensorSpec]

    package init(inputs: [TensorSpec], outputs: [TensorSpec]) {
        self.inputs = inputs
        self.outputs = outputs
    }
}

/// In JSON a dimension is a number, a name, or -1 where the file says nothing.
extension Dimension: Codable {
    /// A string is a name, any negative number an unknown size.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            self = .symbolic(name)
        } else {
            let size = try container.decode(Int.self)
            self = size < 0 ? .unknown : .fixed(size)
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .fixed(let size): try container.encode(size)
        case .symbolic(let name): try container.encode(name)
        case .unknown: try container.encode(-1)
        }
    }
}
