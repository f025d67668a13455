import NIOCore
import NIOHTTP1

extension SlipwayClient {
    /// Asks an endpoint for a prediction in the Open Inference Protocol: over gRPC where the client was given a gRPC
    /// server, else over HTTP. Tensors travel as bytes.
    ///
    /// A prediction is asked for again, as the client's `RetryPolicy` says, when no connection came about, and when the
    /// server turned it away and said when to come back (429, 503); never when the connection broke half-way, since the
    /// prediction may be what broke it.
    ///
    /// - Parameters:
    ///   - outputs: the outputs wanted; all of them when empty.
    ///   - id: a name of the caller's own, echoed in the answer.
    ///   - deadline: how long to wait at most, with all attempts and the pauses between them. Without one, an attempt
    ///     may take 15 minutes.
    public func infer(
        _ endpoint: String, inputs: [InferTensor], outputs: [String] = [], id: String? = nil, deadline: Duration? = nil
    ) async throws(ClientError) -> InferAnswer {
        let request = InferRequest(id: id, inputs: inputs, outputs: outputs)
        #if GRPC
            if let grpc { return try await grpc.infer(endpoint, space: space, request, deadline: deadline) }
        #endif
        var call = inferCall(endpoint)
        call.deadline = deadline
        let (parts, headLength) = try request.binaryBody { head throws(ClientError) in try encoded(head) }
        call.body = .parts(parts, type: "application/octet-stream")
        call.headers.append(("inference-header-content-length", String(headLength)))
        return try read(await accepted(call))
    }

    /// A request in the Open Inference Protocol's JSON form.
    public func inferRequest(
        inputs: [InferTensor], outputs: [String] = [], id: String? = nil
    ) throws(ClientError) -> [UInt8] {
        try encoded(InferRequest(id: id, inputs: inputs, outputs: outputs))
    }

    /// A request in the Open Inference Protocol's JSON form, sent as `infer` sends it. One with parameters is refused.
    public func infer(
        _ endpoint: String, request json: [UInt8], deadline: Duration? = nil
    ) async throws(ClientError) -> InferAnswer {
        let request: InferRequest
        do {
            request = try decode(ByteBuffer(bytes: json))
        } catch {
            throw .badInput("the request cannot be sent as tensors: \(error.message)")
        }
        return try await infer(
            endpoint, inputs: request.inputs, outputs: request.outputs, id: request.id, deadline: deadline)
    }

    /// Sends a request in the Open Inference Protocol's JSON form over HTTP as it is, and gives the answer as it is.
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

    /// An answer with its tensors in the JSON or behind it.
    private func read(_ answer: Answer) throws(ClientError) -> InferAnswer {
        var body = answer.body
        var head = body
        if let length = answer.headers.first(name: "inference-header-content-length") {
            guard let length = Int(length), length >= 0, let json = body.readSlice(length: length) else {
                throw .unexpectedAnswer(server: server, what: "\(length) is not where the JSON of its answer ends")
            }
            head = json
        } else {
            body.clear()
        }
        let decoded: BinaryAnswer = try decode(head)
        do {
            return try decoded.answer(body, predictionID: answer.headers.first(name: "slipway-prediction-id"))
        } catch {
            throw .unexpectedAnswer(server: server, what: error.what)
        }
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
