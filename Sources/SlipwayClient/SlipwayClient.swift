import AsyncHTTPClient
import ManagementAPI
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A client of one Slipway server, in one space.
///
///     let client = try SlipwayClient(server: "http://127.0.0.1:8080")
///     let pushed = try await client.push("churn.onnx", as: "churn")
///     try await client.deploy(model: "churn", version: pushed.version.version)
///     let answer = try await client.infer("churn", inputs: [InferTensor("x", shape: [1, 4], [1, 2, 3, 4] as [Float])])
///     let scores = try answer["scores"].values(as: Float.self)
///     try await client.shutdown()
///
/// Reads, and changes thanks to the key each of them carries, are repeated when the connection breaks or the server
/// says that it is busy; predictions only where the server surely did nothing (`infer` says when). Every method throws
/// `ClientError`. A client is for many calls, from many tasks at once.
public struct SlipwayClient: Sendable {
    /// The space that all calls without one of their own speak of.
    public internal(set) var space: String
    var transport: Transport
    #if GRPC
        /// How predictions travel; over HTTP without it.
        let grpc: GRPCInference?
    #endif

    /// - Parameters:
    ///   - server: `http://HOST:PORT` or `https://HOST:PORT`.
    ///   - caCertificate: a PEM file with the authorities to trust instead of the system's.
    /// - Throws: `badAddress`, `badCertificate`.
    public init(
        server: String = "http://127.0.0.1:8080", token: String? = nil, caCertificate: String? = nil,
        space: String = "default", retries: RetryPolicy = RetryPolicy()
    ) throws(ClientError) {
        try self.init(
            server: server, token: token, caCertificate: caCertificate, space: space,
            retrying: Retrying(policy: retries, clock: .system))
    }

    init(
        server: String, token: String? = nil, caCertificate: String? = nil, space: String = "default",
        retrying: Retrying
    ) throws(ClientError) {
        self.space = space
        transport = try Transport(
            address: ServerAddress(server), token: token, caCertificate: caCertificate, retrying: retrying)
        #if GRPC
            grpc = nil
        #endif
    }

    #if GRPC
        /// A client that asks for predictions over gRPC, and for everything else over HTTP.
        ///
        /// - Parameters:
        ///   - grpcServer: `http://HOST:PORT` or, with TLS, `https://HOST:PORT`.
        ///   - server, caCertificate: as without gRPC.
        /// - Throws: `badAddress`, `badCertificate`.
        public init(
            server: String = "http://127.0.0.1:8080", grpcServer: String, token: String? = nil,
            caCertificate: String? = nil, space: String = "default", retries: RetryPolicy = RetryPolicy()
        ) throws(ClientError) {
            try self.init(
                server: server, grpcServer: grpcServer, token: token, caCertificate: caCertificate, space: space,
                retrying: { Retrying(policy: retries, clock: .system) })
        }

        init(
            server: String, grpcServer: String, token: String? = nil, caCertificate: String? = nil,
            space: String = "default", retrying: () -> Retrying
        ) throws(ClientError) {
            self.space = space
            // First what is nothing to close yet, should the other fail.
            let connection = try GRPCConnection(
                address: ServerAddress(grpcServer), token: token, caCertificate: caCertificate)
            grpc = GRPCInference(connection: connection, retrying: retrying())
            transport = try Transport(
                address: ServerAddress(server), token: token, caCertificate: caCertificate, retrying: retrying())
        }
    #endif

    /// A client for the time of `body`, closed after it. Runs where its caller does, so that `body` may use what is the
    /// caller's: an actor's state, or a program's `main`.
    ///
    ///     let answer = try await SlipwayClient.with(SlipwayClient(space: "prod")) { client in
    ///         try await client.infer("churn", inputs: inputs)
    ///     }
    public nonisolated(nonsending) static func with<Value>(
        _ client: SlipwayClient, _ body: (SlipwayClient) async throws -> Value
    ) async throws -> Value {
        let result: Result<Value, any Error>
        do { result = .success(try await body(client)) } catch { result = .failure(error) }
        try await client.shutdown()
        return try result.get()
    }

    /// The server as messages name it: `http://127.0.0.1:8080`.
    public var server: String { transport.address.description }

    /// Closes the connections. Must be called once, last.
    public func shutdown() async throws(ClientError) {
        #if GRPC
            await grpc?.connection.close()
        #endif
        do { try await transport.http.shutdown() } catch {
            throw .unexpectedAnswer(server: server, what: "\(error)")
        }
    }

    func spacePath(_ rest: String) -> String {
        "/api/v1/spaces/\(ServerAddress.encode(space))\(rest)"
    }
}

// MARK: Answers

extension SlipwayClient {
    /// Sends, and decodes the answer of a call that went well.
    func receive<Value: Decodable>(_ call: Call, as type: Value.Type = Value.self) async throws(ClientError) -> Value {
        let answer = try await accepted(call)
        return try decode(answer.body)
    }

    /// Sends; a refusal is thrown.
    func accepted(_ call: Call) async throws(ClientError) -> Answer {
        let answer = try await transport.send(call)
        guard (200..<300).contains(answer.status) else { throw refusal(answer, call.operation) }
        return answer
    }

    func decode<Value: Decodable>(_ body: ByteBuffer) throws(ClientError) -> Value {
        do {
            let decoder = JSONDecoder()
            decoder.nonConformingFloatDecodingStrategy = .convertFromString(
                positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
            return try decoder.decode(Value.self, from: Data(body.readableBytesView))
        } catch let error as DecodingError {
            throw .unexpectedAnswer(server: server, what: error.sentence)
        } catch {
            throw .unexpectedAnswer(server: server, what: "\(error)")
        }
    }

    func encode(_ value: some Encodable) throws(ClientError) -> Call.Body {
        .bytes(ByteBuffer(bytes: try encoded(value)), type: "application/json")
    }

    func encoded(_ value: some Encodable) throws(ClientError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        // JSON has no numbers for these; the server reads and writes them so.
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
        do {
            return Array(try encoder.encode(value))
        } catch {
            throw .badInput("the request cannot be written as JSON: \(error)")
        }
    }

    func refusal(_ answer: Answer, _ operation: String) -> ClientError {
        let data = Data(answer.body.readableBytesView)
        if let body = try? JSONDecoder().decode(RefusalBody.self, from: data) {
            let code = body.code ?? (answer.status == 404 ? "not_found" : "refused")
            let error = APIError(error: body.error, code: code, field: body.field, hint: body.hint)
            return .refused(status: answer.status, error)
        }
        return .unexpectedAnswer(server: server, what: "status \(answer.status) when asked to \(operation)")
    }
}

/// An `APIError` in which only what inference protocols promise is required.
private struct RefusalBody: Decodable {
    var error: String
    var code: String?
    var field: String?
    var hint: String?
}

extension DecodingError {
    /// Which field of an answer was not as expected.
    fileprivate var sentence: String {
        let (context, problem): (Context, String) =
            switch self {
            case .keyNotFound(let key, let context): (context, "the field \"\(key.stringValue)\" is missing")
            case .valueNotFound(_, let context): (context, "a value is missing")
            case .typeMismatch(_, let context): (context, "a value is of another type")
            case .dataCorrupted(let context): (context, "it is not JSON of the expected form")
            @unknown default: (Context(codingPath: [], debugDescription: ""), "it cannot be read")
            }
        let path = context.codingPath.map { $0.intValue.map { "[\($0)]" } ?? $0.stringValue }.joined(separator: ".")
        return path.isEmpty ? problem : "\(problem) (at \(path))"
    }
}
