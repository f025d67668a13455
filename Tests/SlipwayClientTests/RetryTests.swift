import ManagementAPI
import Testing

@testable import SlipwayClient

struct RetryTests {
    @Test func `a read is repeated when the connection breaks`() async throws {
        let server = try LoopbackServer { _, number in
            number < 2 ? .hangUp() : .answer(200, #"{"items":[\#(Wire.model("churn"))]}"#)
        }
        let page = try await withClient(server.address) { try await $0.models() }
        #expect(page.items.map(\.name) == ["churn"])
        #expect(server.requests.count == 3)
    }

    @Test func `a change is repeated under one key, two changes have two`() async throws {
        let server = try LoopbackServer { _, number in number == 0 ? .hangUp() : .answer(200, Wire.deployment) }
        try await withClient(server.address) { client in
            try await client.deploy(model: "churn")
            try await client.deploy(model: "churn")
        }
        let keys = server.requests.compactMap { $0.headers["idempotency-key"] }
        #expect(keys.count == 3)
        #expect(keys[0] == keys[1])
        #expect(keys[1] != keys[2])
        #expect(keys[0].count == 32)
    }

    @Test func `a busy server is asked again, and its last word stands`() async throws {
        let busy = LoopbackServer.Reaction.answer(
            503, #"{"error":"busy","code":"unavailable"}"#, headers: ["retry-after": "0"])
        let passing = try LoopbackServer { _, number in number < 2 ? busy : .answer(200, Wire.deployment) }
        let info = try await withClient(passing.address) { try await $0.deployment("churn") }
        #expect(info.revision == 5)
        #expect(passing.requests.count == 3)

        let staying = try LoopbackServer { _, _ in busy }
        let error = await clientError { _ = try await withClient(staying.address) { try await $0.deployment("churn") } }
        #expect(error == .refused(status: 503, APIError(error: "busy", code: "unavailable")))
        #expect(staying.requests.count == impatient.attempts)
    }

    @Test func `a server that always hangs up is given up on`() async throws {
        let server = try LoopbackServer { _, _ in .hangUp() }
        let error = await clientError { _ = try await withClient(server.address) { try await $0.status() } }
        #expect(error == .connectionLost(server: server.address, operation: "report its status"))
        #expect(server.requests.count == impatient.attempts)
    }

    @Test func `where nobody listens the message says how to start a server`() async throws {
        let socket = try LoopbackSocket(isListening: false)
        defer { socket.close() }
        let address = "http://127.0.0.1:\(socket.port)"
        let error = await clientError { _ = try await withClient(address) { try await $0.status() } }
        #expect(error == .unreachable(server: address, reason: "connection refused"))
        #expect(error?.description.contains("slipway serve") == true)
    }

    @Test(arguments: [
        (1, 0.0, Duration.milliseconds(50)), (2, 0.0, .milliseconds(100)), (3, 0.0, .milliseconds(200)),
        (4, 0.0, .milliseconds(400)), (1, 0.5, .milliseconds(75)),
    ])
    func `delays double, and chance takes up to half`(made: Int, chance: Double, delay: Duration) {
        #expect(RetryPolicy().delay(afterAttempt: made, chance: chance) == delay)
    }

    @Test func `delays have a ceiling, wishes a limit, attempts an end`() {
        let policy = RetryPolicy(attempts: 100)
        #expect(policy.delay(afterAttempt: 90, chance: 0) == .seconds(1))
        #expect(policy.delay(afterAttempt: 1, wish: .seconds(7), chance: 0) == .seconds(7))
        #expect(policy.delay(afterAttempt: 1, wish: .seconds(3600), chance: 0) == nil)
        #expect(policy.delay(afterAttempt: 100, chance: 0) == nil)
    }
}
