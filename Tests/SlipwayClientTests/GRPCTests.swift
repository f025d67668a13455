#if GRPC
    import GRPCCore
    import GRPCNIOTransportHTTP2Posix
    import ManagementAPI
    import NIOCore
    import Synchronization
    import Testing

    @testable import InferenceProtobuf
    @testable import SlipwayClient

    struct GRPCTests {
        private static let input = InferTensor("x", shape: [1, 2], [1.5, -2] as [Float])

        /// `y` of type FP32 and shape [2]: 1.5, -2.
        private static func answer(_ datatype: String = "FP32", _ shape: [Int] = [2]) -> ScriptedService.Reaction {
            var message = ProtobufBuilder()
            message.string(1, "e")
            message.string(2, "3")
            message.string(3, "7")
            message.message(5) { output in
                output.string(1, "y")
                output.string(2, datatype)
                output.packed(3, shape)
            }
            message.bytes(6, ByteBuffer(bytes: [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0]))
            return .message(message.bytes, ["slipway-prediction-id": "p1"])
        }

        private func withServer<Value: Sendable>(
            clock: RetryClock = .system, retries: Policy = impatient,
            react: @escaping @Sendable (Int) -> ScriptedService.Reaction,
            _ body: (SlipwayClient, ScriptedService) async throws -> Value
        ) async throws -> Value {
            let service = ScriptedService(react: react)
            let transport = HTTP2ServerTransport.Posix(
                address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext)
            return try await withGRPCServer(transport: transport, services: [service]) { server in
                let port = try #require(await server.listeningAddress?.ipv4?.port)
                let client = try SlipwayClient(
                    server: "http://127.0.0.1:1", grpcServer: "http://127.0.0.1:\(port)", token: "secret",
                    space: "prod", retrying: { Retrying(policy: retries, clock: clock) })
                // A server waits for its handlers, and not all of them hear that their caller is gone.
                defer { service.endSilence() }
                return try await SlipwayClient.with(client) { try await body($0, service) }
            }
        }

        @Test func `a prediction travels as raw contents, there and back`() async throws {
            try await withServer(react: { _ in Self.answer() }) { client, service in
                let answer = try await client.infer("e", inputs: [Self.input], outputs: ["y"], id: "7")
                #expect(answer.modelName == "e" && answer.modelVersion == "3" && answer.id == "7")
                #expect(answer.predictionID == "p1")
                #expect(try answer["y"].values(as: Float.self) == [1.5, -2])
                let request = try #require(service.requests.first)
                let head = try GRPCInferRequest.head(of: request.message)
                #expect(head.modelName == "e" && head.id == "7")
                #expect(Array(request.metadata[stringValues: "slipway-space"]) == ["prod"])
                #expect(Array(request.metadata[stringValues: "authorization"]) == ["Bearer secret"])
                #expect(Array(request.message.readableBytesView.suffix(8)) == [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0])
            }
        }

        @Test(arguments: [
            (RPCError.Code.notFound, 404, "not_found"), (.invalidArgument, 400, "refused"),
            (.unavailable, 503, "refused"), (.resourceExhausted, 429, "refused"), (.deadlineExceeded, 504, "refused"),
        ])
        func `a refusal is the same error as over HTTP`(code: RPCError.Code, status: Int, name: String) async throws {
            try await withServer(react: { _ in .refusal(code, "no", ["slipway-prediction-id": "p1"]) }) {
                client, service in
                let error = await clientError { _ = try await client.infer("e", inputs: []) }
                #expect(error == .refused(status: status, APIError(error: "no", code: name)))
                #expect(service.requests.count == 1)
            }
        }

        @Test(arguments: [RPCError.Code.unavailable, .resourceExhausted])
        func `a server that says when to come back is asked again then`(code: RPCError.Code) async throws {
            let time = FastClock()
            let react: @Sendable (Int) -> ScriptedService.Reaction = { number in
                number < 2 ? .refusal(code, "not now", ["retry-after": "2"]) : Self.answer()
            }
            try await withServer(clock: time.clock, retries: Policy(), react: react) { client, _ in
                let answer = try await client.infer("e", inputs: [])
                #expect(answer.modelVersion == "3")
            }
            #expect(time.pauses == [.seconds(2), .seconds(2)])
        }

        @Test func `a server that says nothing is left at the deadline`() async throws {
            try await withServer(react: { _ in .silence }) { client, service in
                let error = await clientError {
                    _ = try await client.infer("e", inputs: [], deadline: .milliseconds(50))
                }
                guard case .timedOut(_, "predict at e")? = error else {
                    Issue.record("got \(String(describing: error))")
                    return
                }
            }
        }

        @Test(arguments: [nil, Duration.seconds(100)])
        func `a cancelled task hears that it was cancelled, and nothing of the server`(
            deadline: Duration?
        ) async throws {
            let (arrivals, feed) = AsyncStream.makeStream(of: Void.self)
            let react: @Sendable (Int) -> ScriptedService.Reaction = { _ in
                feed.yield()
                return .silence
            }
            try await withServer(react: react) { client, _ in
                let asking = Task {
                    await clientError { _ = try await client.infer("e", inputs: [], deadline: deadline) }
                }
                for await _ in arrivals { break }
                asking.cancel()
                #expect(await asking.value == .cancelled)
            }
        }

        @Test func `a task that is cancelled before there is a connection hears the same`() async throws {
            let client = try SlipwayClient(grpcServer: "http://127.0.0.1:1")
            let error = try await SlipwayClient.with(client) { client in
                let asking = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return await clientError { _ = try await client.infer("e", inputs: []) }
                }
                return await asking.value
            }
            #expect(error == .cancelled)
        }

        @Test(arguments: [("FP8", [2]), ("FP32", [3]), ("FP32", [-2])])
        func `an answer whose parts do not fit is named as such`(datatype: String, shape: [Int]) async throws {
            try await withServer(react: { _ in Self.answer(datatype, shape) }) { client, _ in
                let error = await clientError { _ = try await client.infer("e", inputs: []) }
                guard case .unexpectedAnswer? = error else {
                    Issue.record("got \(String(describing: error))")
                    return
                }
            }
        }

        @Test func `where nobody listens the message says so, at once`() async throws {
            let socket = try LoopbackSocket(isListening: false)
            defer { socket.close() }
            let address = "http://127.0.0.1:\(socket.port)"
            let client = try SlipwayClient(grpcServer: address)
            let error = await clientError {
                try await SlipwayClient.with(client) { _ = try await $0.infer("e", inputs: []) }
            }
            #expect(error == .unreachable(server: address, reason: "connection refused"))
        }

        @Test func `a server that does not speak HTTP 2 is named as such`() async throws {
            let server = try LoopbackServer { _, _ in .hangUp() }
            let client = try SlipwayClient(grpcServer: server.address)
            let error = await clientError {
                try await SlipwayClient.with(client) { _ = try await $0.infer("e", inputs: []) }
            }
            guard case .unexpectedAnswer(server.address, let what)? = error else {
                Issue.record("got \(String(describing: error))")
                return
            }
            #expect(what.contains("HTTP/2"))
        }

        @Test func `a client that never asked closes at once`() async throws {
            let client = try SlipwayClient(grpcServer: "http://127.0.0.1:1")
            try await client.shutdown()
        }

        @Test func `a request in JSON is sent as tensors, unless it has parameters`() async throws {
            let json =
                #"{"inputs":[{"name":"x","datatype":"FP32","shape":[2],"data":[1.5,-2]}],"outputs":[{"name":"y"}]"#
            try await withServer(react: { _ in Self.answer() }) { client, service in
                _ = try await client.infer("e", request: Array((json + "}").utf8))
                let message = try #require(service.requests.first?.message)
                #expect(Array(message.readableBytesView.suffix(8)) == [0, 0, 0xC0, 0x3F, 0, 0, 0, 0xC0])
                for refused in [json + #","parameters":{"a":1}}"#, json] {
                    let error = await clientError { _ = try await client.infer("e", request: Array(refused.utf8)) }
                    guard case .badInput? = error else {
                        Issue.record("got \(String(describing: error))")
                        return
                    }
                }
            }
        }
    }

    /// `ModelInfer` as a test wants it.
    private final class ScriptedService: RegistrableRPCService {
        enum Reaction: Sendable {
            case message(ByteBuffer, Metadata)
            case refusal(RPCError.Code, String, Metadata)
            /// Until the caller is gone, or the test is over.
            case silence
        }

        private let log = Mutex<[(metadata: Metadata, message: ByteBuffer)]>([])
        private let react: @Sendable (Int) -> Reaction
        private let (silence, silenceFeed) = AsyncStream.makeStream(of: Void.self)

        var requests: [(metadata: Metadata, message: ByteBuffer)] { log.withLock { $0 } }

        init(react: @escaping @Sendable (Int) -> Reaction) { self.react = react }

        func endSilence() { silenceFeed.finish() }

        func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
            router.registerHandler(
                forMethod: .init(fullyQualifiedService: "inference.GRPCInferenceService", method: "ModelInfer"),
                deserializer: Bytes(), serializer: Bytes()
            ) { request, _ in
                let single = try await ServerRequest(stream: request)
                let number = self.log.withLock { log in
                    log.append((single.metadata, single.message))
                    return log.count - 1
                }
                switch self.react(number) {
                case .message(let message, let metadata):
                    return StreamingServerResponse { writer in
                        try await writer.write(message)
                        return metadata
                    }
                case .refusal(let code, let message, let metadata):
                    throw RPCError(code: code, message: message, metadata: metadata)
                case .silence:
                    for await _ in self.silence {}
                    throw CancellationError()
                }
            }
        }

        private struct Bytes: MessageSerializer, MessageDeserializer {
            func serialize<Bytes: GRPCContiguousBytes>(_ message: ByteBuffer) throws -> Bytes {
                Bytes(message.readableBytesView)
            }

            func deserialize<Bytes: GRPCContiguousBytes>(_ serializedMessageBytes: Bytes) throws -> ByteBuffer {
                serializedMessageBytes.withUnsafeBytes { ByteBuffer(bytes: $0) }
            }
        }
    }
#endif
