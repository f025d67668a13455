import Foundation
import Journal
import Store
import Synchronization
import Testing

@testable import Governance

/// A desk over a data folder of its own, with a clock that stands until somebody moves it.
private final class Bench: Sendable {
    let folder = NSTemporaryDirectory() + "slipway-applications-\(UUID().uuidString)"
    let store: Store
    let desk: ApplicationDesk
    private let time = Time()

    private final class Time: Sendable {
        let value = Mutex(Duration.zero)
    }

    init() throws {
        store = try Store.open(folder: folder)
        let time = time
        desk = ApplicationDesk(store: store.applications) { time.value.withLock { $0 } }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    func pass(_ duration: Duration) { time.value.withLock { $0 += duration } }

    func begin(
        _ who: String, steps: Int = 3, ifGeneration: Int? = nil, key: String? = nil
    ) async throws -> Application {
        try await desk.begin(
            plan: String(repeating: "a", count: 64), steps: steps, ifGeneration: ifGeneration,
            principal: Principal(id: who), idempotencyKey: key)
    }

    func refusal(_ body: () async throws -> Void) async -> ControlError? {
        do {
            try await body()
            return nil
        } catch { return error as? ControlError }
    }
}

struct ApplicationDeskTests {
    @Test func `one applies at a time, and the second one hears who the first one is`() async throws {
        let bench = try Bench()
        let first = try await bench.begin("alice")
        let refusal = await bench.refusal { _ = try await bench.begin("bob") }
        #expect(refusal?.code == .conflict && refusal?.field == "application")
        #expect(refusal?.message.contains("'alice' is applying since") == true)
        #expect(refusal?.message.contains("application \(first.number)") == true)
        #expect(try await bench.desk.look().current == first)
        _ = try await bench.desk.end(
            first.number, outcome: .done, done: 3, principal: Principal(id: "alice"), isAdmin: false)
        #expect(try await bench.begin("bob").number > first.number)
    }

    @Test func `the same person on another machine is a second one too`() async throws {
        let bench = try Bench()
        _ = try await bench.begin("alice", key: "one")
        #expect(await bench.refusal { _ = try await bench.begin("alice", key: "two") }?.code == .conflict)
    }

    @Test func `a retry of the same request is no second one`() async throws {
        let bench = try Bench()
        let first = try await bench.begin("alice", key: "k")
        #expect(try await bench.begin("alice", key: "k") == first)
        let generation = try await bench.desk.look().generation
        #expect(generation.number == first.number)
    }

    @Test func `who is not heard of has ended, and hears so when they come back`() async throws {
        let bench = try Bench()
        let first = try await bench.begin("alice")
        bench.pass(.seconds(14))
        try bench.desk.renew(first.number, principal: first.principal)
        bench.pass(.seconds(14))
        #expect(await bench.refusal { _ = try await bench.begin("bob") }?.code == .conflict)
        bench.pass(.seconds(1))
        #expect(try await bench.desk.look().current == nil)
        let second = try await bench.begin("bob")
        let late = await bench.refusal { try bench.desk.renew(first.number, principal: first.principal) }
        #expect(late?.code == .conflict && late?.message.contains("has ended") == true)
        #expect(try await bench.desk.look().current == second)
    }

    @Test func `who was slow and in nobody's way goes on`() async throws {
        let bench = try Bench()
        let first = try await bench.begin("alice")
        bench.pass(.seconds(100))
        try bench.desk.renew(first.number, principal: first.principal)
        #expect(try await bench.desk.look().current == first)
    }

    @Test func `a plan of an earlier state of the server is refused, and the place is free again`() async throws {
        let bench = try Bench()
        let generation = try await bench.desk.look().generation.number
        _ = try await Spaces(store: bench.store.spaces).create("dev", principal: .local)
        let refusal = await bench.refusal { _ = try await bench.begin("alice", ifGeneration: generation) }
        #expect(refusal?.code == .conflict && refusal?.field == "ifMatch")
        #expect(try await bench.begin("alice", ifGeneration: generation + 1).number == generation + 2)
    }

    @Test func `nobody ends or renews what is somebody else's, but an owner of the server`() async throws {
        let bench = try Bench()
        let first = try await bench.begin("alice")
        let bob = Principal(id: "bob")
        #expect(await bench.refusal { try bench.desk.renew(first.number, principal: bob) }?.code == .refused)
        let end = await bench.refusal {
            _ = try await bench.desk.end(first.number, outcome: .done, done: 0, principal: bob, isAdmin: false)
        }
        #expect(end?.code == .refused)
        _ = try await bench.desk.end(first.number, outcome: .failed, done: 0, principal: bob, isAdmin: true)
        #expect(try await bench.desk.look().current == nil)
    }

    @Test(arguments: [("A", 1), (String(repeating: "g", count: 64), 1), (String(repeating: "a", count: 64), 0)])
    func `what is no plan is refused`(plan: String, steps: Int) async throws {
        let bench = try Bench()
        let refusal = await bench.refusal {
            _ = try await bench.desk.begin(plan: plan, steps: steps, ifGeneration: nil, principal: .local)
        }
        #expect(refusal?.code == .invalid)
    }

    @Test func `that it began and how it ended is in the audit`() async throws {
        let bench = try Bench()
        let first = try await bench.begin("alice")
        _ = try await bench.desk.end(
            first.number, outcome: .failed, done: 2, principal: first.principal, isAdmin: false)
        let events = try await bench.store.audit.events(AuditQuery()).items
        let mine = events.filter { $0.action.hasPrefix("application.") }
        #expect(Set(mine.map(\.action)) == ["application.begin", "application.end"])
        #expect(mine.contains { $0.detail.contains("\"done\":\"2\"") && $0.detail.contains("failed") })
    }
}
