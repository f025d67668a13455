extension InferTensor: Codable {
    private enum Key: String, CodingKey { case name, datatype, shape, data }

    /// Takes `data` flat or nested as the shape is.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        let name = try container.decode(String.self, forKey: .name)
        let datatype = try container.decode(String.self, forKey: .datatype)
        let shape = try container.decode([Int].self, forKey: .shape)
        let values: Values =
            switch datatype {
            case "BOOL": .bools(try container.decode(Flat<Bool>.self, forKey: .data).items)
            case "FP32", "FP16", "BF16": .floats(try container.decode(Flat<Float>.self, forKey: .data).items)
            case "FP64": .doubles(try container.decode(Flat<Double>.self, forKey: .data).items)
            case "BYTES": .strings(try container.decode(Flat<String>.self, forKey: .data).items)
            case "UINT64": .unsigned(try container.decode(Flat<UInt64>.self, forKey: .data).items)
            default: .integers(try container.decode(Flat<Int64>.self, forKey: .data).items)
            }
        do {
            try self.init(name: name, datatype: datatype, shape: shape, values: values)
        } catch {
            throw DecodingError.dataCorrupted(
                .init(codingPath: container.codingPath, debugDescription: error.message, underlyingError: error))
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
