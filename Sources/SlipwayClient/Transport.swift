import AsyncHTTPClient
import ManagementAPI
import NIOCore
import NIOHTTP1
import NIOSSL

/// Makes calls: one connection pool for one server, retries where a call may be repeated, errors in our words.
struct Transport: Sendable {
    let address: ServerAddress
    let token: String?
    let retries: RetryPolicy
    let http: HTTPClient
    /// The one loop of all connections: uploads pace themselves by it.
    let loop: any EventLoop

    init(address: ServerAddress, token: String?, caCertificate: String?, retries: RetryPolicy) throws(ClientError) {
        var configuration = HTTPClient.Configuration()
        configuration.timeout = .init(connect: .seconds(5), read: .minutes(15), write: .minutes(2))
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        // Off: with it, "connection refused" is tried again until the time is up, and a person waits for nothing.
        configuration.connectionPool.retryConnectionEstablishment = false
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
        self.retries = retries
        loop = HTTPClient.defaultEventLoopGroup.next()
        http = HTTPClient(eventLoopGroupProvider: .shared(loop), configuration: configuration)
    }

    /// The answer, whatever its status says.
    func send(_ call: Call) async throws(ClientError) -> Answer {
        var made = 0
        var metServer = false
        while true {
            made += 1
            let problem: any Error
            var wish: Duration?
            do {
                let answer = try await attempt(call)
                guard answer.status == 503, call.isRepeatable else { return answer }
                wish = answer.headers.first(name: "retry-after").flatMap { Int($0) }.map {
                    .seconds(min(max($0, 0), 3600))
                }
                guard let delay = delay(after: made, wish) else { return answer }
                metServer = true
                try await Task.sleep(for: delay)
                continue
            } catch {
                problem = error
            }
            if let error = problem as? ClientError { throw error }
            let failure = ConnectionFailure(problem)
            metServer = metServer || failure == .lost
            guard call.isRepeatable, failure.mayPass(metServer: metServer), let delay = delay(after: made, nil) else {
                throw failure.error(server: address.description, operation: call.operation)
            }
            do { try await Task.sleep(for: delay) } catch {
                throw failure.error(server: address.description, operation: call.operation)
            }
        }
    }

    private func delay(after made: Int, _ wish: Duration?) -> Duration? {
        retries.delay(afterAttempt: made, wish: wish, chance: Double.random(in: 0..<1))
    }

    private func attempt(_ call: Call) async throws -> Answer {
        var request = HTTPClientRequest(url: address.description + call.target)
        request.method = call.method
        request.headers.add(name: "user-agent", value: "slipway/\(Release.version)")
        if let token { request.headers.add(name: "authorization", value: "Bearer \(token)") }
        for header in call.headers { request.headers.add(name: header.name, value: header.value) }
        switch call.body {
        case .none: break
        case .bytes(let bytes, let type):
            request.headers.add(name: "content-type", value: type)
            request.body = .bytes(bytes)
        case .file(let file):
            request.headers.add(name: "content-type", value: "application/octet-stream")
            request.body = .stream(try file.chunks(on: loop), length: .known(Int64(file.size)))
        }
        let deadline = call.timeout.map { NIODeadline.now() + $0 } ?? .distantFuture
        let response = try await http.execute(request, deadline: deadline)
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
