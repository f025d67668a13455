import NIOCore

/// One prediction asked for.
struct InferRequest: Sendable, Hashable {
    var id: String?
    var inputs: [InferTensor]
    /// The outputs wanted; all of them when empty.
    var outputs: [String]
}

// MARK: Binary tensors

extension InferRequest {
    /// Bodies up to this size are made one buffer, since a write costs more than that copy.
    private static let joined = 64 << 10

    /// The body in the form of the binary tensor extension, and the length of its JSON, for
    /// `Inference-Header-Content-Length`. Large tensors are sent from where they are.
    func binaryBody(_ encode: (BinaryHead) throws(ClientError) -> [UInt8]) throws(ClientError) -> (
        parts: [ByteBuffer], headLength: Int
    ) {
        for input in inputs { _ = try input.tensor() }
        let head = try encode(BinaryHead(self))
        let size = inputs.reduce(head.count) { $0 + $1.bytes.readableBytes }
        var first = ByteBufferAllocator().buffer(capacity: size <= Self.joined ? size : head.count)
        first.writeBytes(head)
        guard size > Self.joined else {
            for input in inputs { first.writeImmutableBuffer(input.bytes) }
            return ([first], head.count)
        }
        return ([first] + inputs.map(\.bytes), head.count)
    }
}

/// The JSON before the tensors' bytes.
struct BinaryHead: Encodable {
    struct Input: Encodable {
        var name: String
        var datatype: String
        var shape: [Int]
        var parameters: [String: Int]
    }

    struct Output: Encodable {
        var name: String
    }

    var id: String?
    var inputs: [Input]
    var outputs: [Output]?
    var parameters = ["binary_data_output": true]

    init(_ request: InferRequest) {
        id = request.id
        inputs = request.inputs.map {
            Input(
                name: $0.name, datatype: $0.datatype, shape: $0.shape,
                parameters: ["binary_data_size": $0.bytes.readableBytes])
        }
        outputs = request.outputs.isEmpty ? nil : request.outputs.map(Output.init)
    }
}

// MARK: JSON

extension InferRequest: Codable {
    private enum Key: String, CodingKey { case id, inputs, outputs, parameters }

    private struct Output: Codable {
        var name: String
        var parameters: [String: Int]?
    }

    /// Reads the JSON form. Parameters are refused, since what they ask for would not be done.
    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        id = try container.decodeIfPresent(String.self, forKey: .id)
        inputs = try container.decode([InferTensor].self, forKey: .inputs)
        let outputs = try container.decodeIfPresent([Output].self, forKey: .outputs) ?? []
        guard !container.contains(.parameters), outputs.allSatisfy({ $0.parameters == nil }) else {
            throw DecodingError.dataCorruptedError(
                forKey: .parameters, in: container, debugDescription: "parameters cannot be sent from here")
        }
        self.outputs = outputs.map(\.name)
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encodeIfPresent(id, forKey: .id)
        try container.encode(inputs, forKey: .inputs)
        if !outputs.isEmpty { try container.encode(outputs.map { Output(name: $0) }, forKey: .outputs) }
    }
}
