/// A named tensor of a prediction, in row-major order.
public struct InferTensor: Sendable, Hashable {
    /// The elements, in a Swift type that holds each of them exactly.
    public enum Values: Sendable, Hashable {
        case bools([Bool])
        case integers([Int64])
        case unsigned([UInt64])
        case floats([Float])
        case doubles([Double])
        case strings([String])

        /// How many elements there are; the product of the shape in a tensor that a server takes.
        public var count: Int {
            switch self {
            case .bools(let values): values.count
            case .integers(let values): values.count
            case .unsigned(let values): values.count
            case .floats(let values): values.count
            case .doubles(let values): values.count
            case .strings(let values): values.count
            }
        }
    }

    public var name: String
    /// As the Open Inference Protocol writes it: `BOOL`, `INT8` to `INT64`, `UINT8` to `UINT64`, `FP16`, `BF16`, `FP32`,
    /// `FP64`, `BYTES`.
    public var datatype: String
    /// Outermost dimension first; empty for a scalar.
    public var shape: [Int]
    /// As many as the shape calls for, of the case that `datatype` goes with.
    public var values: Values

    /// Whether shape, type and values agree is for the server to say; nothing is checked here.
    public init(name: String, datatype: String, shape: [Int], values: Values) {
        self.name = name
        self.datatype = datatype
        self.shape = shape
        self.values = values
    }

    /// FP32.
    public init(_ name: String, shape: [Int], _ values: [Float]) {
        self.init(name: name, datatype: "FP32", shape: shape, values: .floats(values))
    }

    /// FP64.
    public init(_ name: String, shape: [Int], _ values: [Double]) {
        self.init(name: name, datatype: "FP64", shape: shape, values: .doubles(values))
    }

    /// INT64.
    public init(_ name: String, shape: [Int], _ values: [Int]) {
        self.init(name: name, datatype: "INT64", shape: shape, values: .integers(values.map(Int64.init)))
    }

    /// BYTES.
    public init(_ name: String, shape: [Int], _ values: [String]) {
        self.init(name: name, datatype: "BYTES", shape: shape, values: .strings(values))
    }

    /// BOOL.
    public init(_ name: String, shape: [Int], _ values: [Bool]) {
        self.init(name: name, datatype: "BOOL", shape: shape, values: .bools(values))
    }
}

extension InferTensor {
    /// This tensor with the rows of another below its own; `nil` when the two are not of one type and row shape.
    public func appending(_ other: InferTensor) -> InferTensor? {
        guard datatype == other.datatype, let rows = shape.first, let more = other.shape.first,
            shape.dropFirst() == other.shape.dropFirst()
        else { return nil }
        let all: Values? =
            switch (values, other.values) {
            case (.bools(let a), .bools(let b)): .bools(a + b)
            case (.integers(let a), .integers(let b)): .integers(a + b)
            case (.unsigned(let a), .unsigned(let b)): .unsigned(a + b)
            case (.floats(let a), .floats(let b)): .floats(a + b)
            case (.doubles(let a), .doubles(let b)): .doubles(a + b)
            case (.strings(let a), .strings(let b)): .strings(a + b)
            default: nil
            }
        return all.map {
            InferTensor(name: name, datatype: datatype, shape: [rows + more] + shape.dropFirst(), values: $0)
        }
    }
}

extension InferTensor: Codable {
    private enum Key: String, CodingKey { case name, datatype, shape, data }

    /// Takes `data` flat or nested as the shape is. Half precision becomes `floats`; integers of any width but UINT64
    /// become `integers`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        name = try container.decode(String.self, forKey: .name)
        datatype = try container.decode(String.self, forKey: .datatype)
        shape = try container.decode([Int].self, forKey: .shape)
        values =
            switch datatype {
            case "BOOL": .bools(try container.decode(Flat<Bool>.self, forKey: .data).items)
            case "FP32", "FP16", "BF16": .floats(try container.decode(Flat<Float>.self, forKey: .data).items)
            case "FP64": .doubles(try container.decode(Flat<Double>.self, forKey: .data).items)
            case "BYTES": .strings(try container.decode(Flat<String>.self, forKey: .data).items)
            case "UINT64": .unsigned(try container.decode(Flat<UInt64>.self, forKey: .data).items)
            default: .integers(try container.decode(Flat<Int64>.self, forKey: .data).items)
            }
    }

    /// Writes `data` flat, as the protocol prefers it.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(name, forKey: .name)
        try container.encode(datatype, forKey: .datatype)
        try container.encode(shape, forKey: .shape)
        switch values {
        case .bools(let values): try container.encode(values, forKey: .data)
        case .integers(let values): try container.encode(values, forKey: .data)
        case .unsigned(let values): try container.encode(values, forKey: .data)
        case .floats(let values): try container.encode(values, forKey: .data)
        case .doubles(let values): try container.encode(values, forKey: .data)
        case .strings(let values): try container.encode(values, forKey: .data)
        }
    }
}

/// The elements of an array, or of arrays in arrays, in the order written.
private struct Flat<Element: Decodable>: Decodable {
    var items: [Element]

    init(from decoder: any Decoder) throws {
        if let flat = try? decoder.singleValueContainer().decode([Element].self) {
            items = flat
        } else {
            items = []
            var container = try decoder.unkeyedContainer()
            while !container.isAtEnd { items += try container.decode(Flat<Element>.self).items }
        }
    }
}

/// The answer to a prediction in the Open Inference Protocol.
public struct InferAnswer: Codable, Sendable, Hashable {
    /// The endpoint's name as it was asked.
    public var modelName: String
    /// The version that answered.
    public var modelVersion: String?
    /// The request's own id, where it had one.
    public var id: String?
    public var outputs: [InferTensor]

    private enum CodingKeys: String, CodingKey {
        case modelName = "model_name"
        case modelVersion = "model_version"
        case id, outputs
    }
}
