import Foundation
import ManagementAPI
import Testing

@testable import SlipwayClient

/// Which predictions are asked for again, and when.
struct InferenceRetryTests {
    private static func turnedAway(_ status: Int, _ wish: String?) -> LoopbackServer.Reaction {
        .answer(status, #"{"error":"not now"}"#, headers: wish.map { ["retry-after": $0] } ?? [:])
    }

    private static let answer = LoopbackServer.Reaction.answer(200, #"{"model_name":"e","outputs":[]}"#)

    private func infer(_ address: String, _ clock: RetryClock, deadline: Duration? = nil) async throws -> InferAnswer {
        try await withClient(address, retries: RetryPolicy(), clock: clock) { client in
            try await client.infer("e", inputs: [], deadline: deadline)
        }
    }

    @Test(arguments: [429, 503])
    func `a server that says when to come back is asked again then`(status: Int) async throws {
        let server = try LoopbackServer { _, number in number < 2 ? Self.turnedAway(status, "2") : Self.answer }
        let time = FastClock()
        #expect(try await infer(server.address, time.clock).modelName == "e")
        #expect(time.pauses == [.seconds(2), .seconds(2)])
    }

    @Test(arguments: [429, 503, 500, 504, 400])
    func `a refusal that does not say when to come back stands`(status: Int) async throws {
        let server = try LoopbackServer { _, _ in Self.turnedAway(status, nil) }
        let time = FastClock()
        let error = await clientError { _ = try await infer(server.address, time.clock) }
        #expect(error == .refused(status: status, APIError(error: "not now", code: "refused")))
        #expect(error?.isRetryable == (status == 429 || status == 503))
        #expect(server.requests.count == 1)
    }

    @Test func `a prediction that a connection broke on is not repeated`() async throws {
        let server = try LoopbackServer { _, _ in .hangUp() }
        let error = await clientError { _ = try await infer(server.address, FastClock().clock) }
        #expect(error == .connectionLost(server: server.address, operation: "predict at e"))
        #expect(server.requests.count == 1)
    }

    @Test func `where nothing listens, a server that was met is called again`() async throws {
        let time = FastClock()
        let server = try LoopbackServer { _, _ in Self.answer }
        try await withClient(server.address, retries: RetryPolicy(attempts: 3), clock: time.clock) { client in
            _ = try await client.infer("e", inputs: [])
            server.stop()
            let socket = try LoopbackSocket(port: server.port, isListening: false)
            defer { socket.close() }
            let error = await clientError { _ = try await client.infer("e", inputs: []) }
            #expect(error == .unreachable(server: server.address, reason: "connection refused"))
            #expect(error?.isRetryable == true)
        }
        #expect(time.pauses == [.milliseconds(50), .milliseconds(100)])
    }

    @Test func `a server that was never met is called again only on request`() async throws {
        let socket = try LoopbackSocket(isListening: false)
        defer { socket.close() }
        let address = "http://127.0.0.1:\(socket.port)"
        for (awaits, pauses) in [(false, 0), (true, 2)] {
            let time = FastClock()
            let policy = RetryPolicy(attempts: 3, awaitsServer: awaits)
            let error = await clientError {
                try await withClient(address, retries: policy, clock: time.clock) { client in
                    _ = try await client.infer("e", inputs: [])
                }
            }
            #expect(error == .unreachable(server: address, reason: "connection refused"))
            #expect(time.pauses.count == pauses)
        }
    }

    // MARK: Cancelling

    @Test(arguments: [nil, Duration.seconds(100)])
    func `a cancelled task hears that it was cancelled, and nothing of the server`(deadline: Duration?) async throws {
        let (arrivals, feed) = AsyncStream.makeStream(of: Void.self)
        let server = try LoopbackServer { _, _ in
            feed.yield()
            return .silence
        }
        let asking = Task {
            await clientError { _ = try await infer(server.address, FastClock().clock, deadline: deadline) }
        }
        for await _ in arrivals { break }
        asking.cancel()
        let error = await asking.value
        #expect(error == .cancelled)
        #expect(error?.isRetryable == false)
    }

    @Test func `a task that is cancelled between two attempts makes no other`() async throws {
        let server = try LoopbackServer { _, _ in Self.turnedAway(503, "2") }
        let clock = RetryClock(now: { .zero }, sleep: { _ in throw CancellationError() }, chance: { 0 })
        let error = await clientError { _ = try await infer(server.address, clock) }
        #expect(error == .cancelled)
        #expect(server.requests.count == 1)
    }

    // MARK: Deadlines

    @Test func `a server that says nothing is left at the deadline`() async throws {
        let server = try LoopbackServer { _, _ in .silence }
        let time = FastClock()
        let error = await clientError { _ = try await infer(server.address, time.clock, deadline: .seconds(5)) }
        #expect(error == .timedOut(server: server.address, operation: "predict at e"))
        #expect(time.pauses == [.seconds(5)])
    }

    @Test func `an answer within the deadline is the answer`() async throws {
        let server = try LoopbackServer { _, _ in Self.answer }
        #expect(try await infer(server.address, FastClock().clock, deadline: .seconds(100)).modelName == "e")
    }

    @Test(arguments: [
        (Attempts.Outcome.refused(status: 503, wish: nil), true, Duration?.some(.milliseconds(50))),
        (.refused(status: 503, wish: nil), false, nil), (.refused(status: 503, wish: .seconds(3)), false, .seconds(3)),
        (.refused(status: 429, wish: .seconds(3)), false, .seconds(3)), (.refused(status: 429, wish: nil), true, nil),
        (.refused(status: 400, wish: .seconds(3)), true, nil), (.lost, true, .milliseconds(50)), (.lost, false, nil),
        (.unreachable, false, .milliseconds(50)), (.final, true, nil),
        (.refused(status: 503, wish: .seconds(9)), true, .seconds(9)),
        (.refused(status: 503, wish: .seconds(10)), true, nil),
    ])
    func `what an outcome leads to, ten seconds before the deadline`(
        outcome: Attempts.Outcome, isRepeatable: Bool, pause: Duration?
    ) {
        var attempts = Attempts(policy: RetryPolicy(), isRepeatable: isRepeatable, deadline: .seconds(15))
        #expect(attempts.pause(after: outcome, metServer: true, now: .seconds(5), chance: 0) == pause)
    }
}
