import NIOCore
import NIOHTTP1

extension SlipwayClient {
    /// Asks an endpoint for a prediction in the Open Inference Protocol.
    ///
    /// - Parameter outputs: the outputs wanted; all of them when empty.
    public func infer(
        _ endpoint: String, inputs: [InferTensor], outputs: [String] = [], id: String? = nil
    ) async throws(ClientError) -> InferAnswer {
        let body = try inferRequest(inputs: inputs, outputs: outputs, id: id)
        return try readInferAnswer(await infer(endpoint, json: body))
    }

    /// A request in the Open Inference Protocol's JSON form.
    public func inferRequest(
        inputs: [InferTensor], outputs: [String] = [], id: String? = nil
    ) throws(ClientError) -> [UInt8] {
        try encoded(
            InferRequest(id: id, inputs: inputs, outputs: outputs.isEmpty ? nil : outputs.map { .init(name: $0) }))
    }

    /// Sends a request in the Open Inference Protocol's JSON form as it is, and gives the answer as it is.
    public func infer(_ endpoint: String, json: [UInt8]) async throws(ClientError) -> [UInt8] {
        var call = inferCall(endpoint)
        call.body = .bytes(ByteBuffer(bytes: json), type: "application/json")
        return Array(try await accepted(call).body.readableBytesView)
    }

    /// Sends a request in TensorFlow Serving's REST form (`instances` or `inputs`) as it is, and gives the answer as it
    /// is.
    public func predictTensorFlow(_ endpoint: String, json: [UInt8]) async throws(ClientError) -> [UInt8] {
        var call = Call(
            method: .POST, path: inferencePath("/v1/models/\(ServerAddress.encode(endpoint)):predict"),
            isRepeatable: false, timeout: .minutes(15), operation: "predict at \(endpoint)")
        call.body = .bytes(ByteBuffer(bytes: json), type: "application/json")
        return Array(try await accepted(call).body.readableBytesView)
    }

    /// Reads an answer in the Open Inference Protocol's JSON form.
    public func readInferAnswer(_ json: [UInt8]) throws(ClientError) -> InferAnswer {
        try decode(ByteBuffer(bytes: json))
    }

    private func inferCall(_ endpoint: String) -> Call {
        Call(
            method: .POST, path: inferencePath("/v2/models/\(ServerAddress.encode(endpoint))/infer"),
            isRepeatable: false, timeout: .minutes(15), operation: "predict at \(endpoint)")
    }

    /// Where inference in this space is; without a space in the path the server means `default`.
    private func inferencePath(_ rest: String) -> String {
        space == "default" ? rest : "/spaces/\(ServerAddress.encode(space))\(rest)"
    }
}

private struct InferRequest: Encodable {
    struct Output: Encodable { var name: String }
    var id: String?
    var inputs: [InferTensor]
    var outputs: [Output]?
}
