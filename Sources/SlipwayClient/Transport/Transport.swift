import AsyncHTTPClient
import ManagementAPI
import NIOCore
import NIOHTTP1
import NIOSSL

/// Makes calls: one connection pool for one server, retries where a call may be repeated, errors in our words.
struct Transport: Sendable {
    let address: ServerAddress
    let token: String?
    /// The application of declared state that every call is a step of.
    var application: Int?
    let retrying: Retrying
    let http: HTTPClient
    /// The one loop of all connections: uploads pace themselves by it.
    let loop: any EventLoop

    init(address: ServerAddress, token: String?, caCertificate: String?, retrying: Retrying) throws(ClientError) {
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(connect: .seconds(5), read: .minutes(15), write: .minutes(2))
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        // Off: with it, "connection refused" is tried again until the time is up, and a person waits for nothing.
        configuration.connectionPool.retryConnectionEstablishment = false
        // The one moment at which the HTTP client tells of a connection before it sends anything on it.
        configuration.http1_1ConnectionDebugInitializer = { channel in
            channel.pipeline.addHandler(BrokenConnection.Marker(), position: .first)
        }
        if address.isSecure, let caCertificate {
            var tls = TLSConfiguration.makeClientConfiguration()
            do {
                tls.trustRoots = .certificates(try NIOSSLCertificate.fromPEMFile(caCertificate))
            } catch {
                throw .badCertificate(
                    server: address.description,
                    reason: "\(caCertificate) holds no certificate in PEM form that can be read")
            }
            configuration.tlsConfiguration = tls
        }
        self.address = address
        self.token = token
        self.retrying = retrying
        loop = HTTPClient.defaultEventLoopGroup.next()
        http = HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: configuration)
    }

    /// The answer, whatever its status says.
    ///
    /// - Parameter sink: takes the body of an answer that went well, in place of memory.
    func send(_ call: Call, into sink: (any AnswerSink)? = nil) async throws(ClientError) -> Answer {
        try await retrying.run(isRepeatable: call.isRepeatable, deadline: call.deadline) { left in
            do {
                let answer = try await attempt(call, into: sink, within: left)
                guard answer.status == 503 || answer.status == 429 else { return .answer(answer) }
                return .failure(.refused(status: answer.status, wish: answer.retryAfter), .success(answer))
            } catch let error as ClientError {
                return .failure(.final, .failure(error))
            } catch {
                let failure = ConnectionFailure(error)
                let error = failure.error(server: address.description, operation: call.operation)
                return .failure(failure.outcome, .failure(error))
            }
        }
    }

    /// One attempt, cut off when the time is up.
    private func attempt(
        _ call: Call, into sink: (any AnswerSink)?, within left: Duration?
    ) async throws -> Answer {
        guard let left else { return try await attempt(call, into: sink) }
        let late = ClientError.timedOut(server: address.description, operation: call.operation)
        return try await withThrowingTaskGroup(of: Answer.self) { group in
            group.addTask { try await attempt(call, into: sink) }
            group.addTask {
                try await retrying.clock.sleep(left)
                throw late
            }
            defer { group.cancelAll() }
            guard let first = try await group.next() else { throw late }
            return first
        }
    }

    private func attempt(_ call: Call, into sink: (any AnswerSink)?) async throws -> Answer {
        var request = HTTPClientRequest(url: address.description + call.target)
        request.method = call.method
        request.headers.add(name: "user-agent", value: "slipway/\(Release.version)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        if let application { request.headers.add(name: ApplicationHeader.name, value: String(application)) }
        for header in call.headers { request.headers.add(name: header.name, value: header.value) }
        switch call.body {
        case .none: break
        case .bytes(let bytes, let type):
            request.headers.add(name: "content-type", value: type)
            request.body = .bytes(bytes)
        case .parts(let parts, let type):
            request.headers.add(name: "content-type", value: type)
            let size = parts.reduce(0) { $0 + $1.readableBytes }
            request.body = .stream(AsyncStream(parts), length: .known(Int64(size)))
        case .file(let file):
            request.headers.add(name: "content-type", value: "application/octet-stream")
            request.body = .stream(try file.chunks(on: loop), length: .known(Int64(file.size)))
        }
        let deadline = call.timeout.map { NIODeadline.now() + $0 } ?? .distantFuture
        let response = try await http.execute(request, deadline: deadline)
        if let sink, (200..<300).contains(response.status.code) {
            try sink.begin(length: response.headers.first(name: "content-length").flatMap { Int($0) })
            for try await piece in response.body { try await sink.take(piece) }
            try sink.end()
            return Answer(status: Int(response.status.code), headers: response.headers, body: ByteBuffer())
        }
        let body: ByteBuffer
        do {
            body = try await response.body.collect(upTo: call.answerLimit)
        } catch is NIOTooManyBytesError {
            throw ClientError.unexpectedAnswer(
                server: address.description, what: "an answer of more than \(call.answerLimit) bytes")
        }
        return Answer(status: Int(response.status.code), headers: response.headers, body: body)
    }
}

extension Answer {
    /// What `Retry-After` asks for, an hour at most; dates are not read.
    fileprivate var retryAfter: Duration? {
        headers.first(name: "retry-after").flatMap { Int($0) }.map { .seconds(min(max($0, 0), 3600)) }
    }
}

extension AsyncStream where Element: Sendable {
    /// All of them, at once.
    fileprivate init(_ elements: some Sequence<Element>) {
        self.init { continuation in
            for element in elements { continuation.yield(element) }
            continuation.finish()
        }
    }
}
