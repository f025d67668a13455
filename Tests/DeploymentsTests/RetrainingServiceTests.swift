import Documents
import Foundation
import Journal
import Processes
import Retraining
import Store
import Synchronization
import Testing

/// A world that answers as it is told, and remembers what it was asked.
private final class TestSurroundings: WrittenRows, RunKeys, RunFollowing, RunWebhooks, FiringAlerts {
    struct Script {
        var asked: [String] = []
        var refusals: [ControlError] = []
        var standing = PromotionStanding.open("waits")
        var alerts: [FiringAlert] = []
    }

    let script = Mutex(Script())

    private func note(_ what: String) throws(ControlError) {
        let refusal = script.withLock { script -> ControlError? in
            script.asked.append(what)
            return script.refusals.isEmpty ? nil : script.refusals.removeFirst()
        }
        if let refusal { throw refusal }
    }

    var asked: [String] { script.withLock { $0.asked } }

    func firing(space: String, endpoint: String) async -> [FiringAlert] { script.withLock { $0.alerts } }

    func export(space: String, endpoint: String, bytes: Int, to path: String) async throws(ControlError) -> Bool {
        false
    }

    func issue(
        run: Int, space: String, expiresAt: Timestamp
    ) async throws(ControlError) -> (id: String, token: String)? { nil }

    func revoke(_ id: String) async throws(ControlError) {}

    func check(rollout: DocumentValue) throws(ControlError) {}

    func promote(_ run: RetrainingRun, version: Int, to space: String) async throws(ControlError) -> Int {
        try note("promote \(version) to \(space)")
        return 9
    }

    func promotion(_ number: Int, space: String) async throws(ControlError) -> PromotionStanding {
        script.withLock { $0.standing }
    }

    func rollOut(
        _ run: RetrainingRun, version: Int, document: DocumentValue
    ) async throws(ControlError) -> Int {
        try note("roll out \(version)")
        return 4
    }

    func check(url: String) throws(ControlError) {}

    func send(_ run: RetrainingRun, to url: String) async throws(ControlError) { try note("send \(run.number)") }
}

/// The service over a real database, with runs that are another system's to do.
@Suite struct RetrainingServiceTests {
    private let world = TestSurroundings()

    private func service(_ dock: Dock) -> RetrainingService {
        RetrainingService(
            store: dock.store.retraining, folders: RunFolder(root: dock.store.path + "/runs"),
            outside: RetrainingSurroundings(
                alerts: world, written: world, keys: world, following: world, webhooks: world),
            commands: CommandSettings(isAllowed: false, server: "", environment: [:]), clock: SystemClock(),
            publish: {}, report: { what, error in Issue.record("\(what): \(error)") })
    }

    private func deployed(_ service: (Dock) -> RetrainingService) async throws -> (Dock, RetrainingService) {
        let dock = try Dock()
        try await dock.push("churn", "one")
        _ = try await dock.deploy("churn", "churn")
        return (dock, service(dock))
    }

    private func configure(_ service: RetrainingService, _ yaml: String) throws {
        let settings = try RetrainingSettings(document: DocumentText.value(yaml: yaml, what: "monitor"))
        try service.check(settings)
        service.configure(space: "default", endpoint: "churn", settings)
    }

    private func start(_ service: RetrainingService, key: String? = nil) async throws -> RetrainingRun {
        try await service.start(
            "churn", space: "default", rule: nil, principal: .local, idempotencyKey: key)
    }

    private static let both =
        "[{name: a, webhook: \"https://x\", coolDown: 0s, then: {promote: {to: prod}, rollout: {strategy: canary}}}]"

    @Test func `a retry starts no second run`() async throws {
        let (dock, service) = try await deployed(service)
        defer { dock.remove() }
        try configure(service, Self.both)
        #expect(try await start(service, key: "once").number == 1)
        #expect(try await start(service, key: "once").number == 1)
        #expect(try await start(service).number == 2)
    }

    @Test func `what a run pushed is promoted, waits, and is then rolled out`() async throws {
        let (dock, service) = try await deployed(service)
        defer { dock.remove() }
        try configure(service, Self.both)
        _ = try await start(service)
        await service.tick(turn: 1)
        #expect(try await service.show(1, space: "default").state == .running)
        try await dock.push("churn", "two", run: 1)
        let ended = try await service.report(1, space: "default", succeeded: true, message: "", principal: .local)
        #expect(ended.version == 2)
        #expect(ended.followUp.state == .due)
        await service.tick(turn: 2)
        await service.tick(turn: 3)
        #expect(try await service.show(1, space: "default").followUp.state == .promoting)
        // Another server goes on where this one was.
        let next = self.service(dock)
        await next.resume()
        world.script.withLock { $0.standing = .applied }
        await next.tick(turn: 4)
        let done = try await next.show(1, space: "default").followUp
        #expect(done.state == .done)
        #expect((done.promotion, done.rollout) == (9, 4))
        await next.tick(turn: 5)
        #expect(world.asked == ["send 1", "promote 2 to prod", "roll out 2"])
    }

    @Test func `what cannot be asked just now is asked again, and what is refused is not`() async throws {
        let (dock, service) = try await deployed(service)
        defer { dock.remove() }
        try configure(service, "[{name: a, webhook: \"https://x\", then: {rollout: {strategy: canary}}}]")
        _ = try await start(service)
        await service.tick(turn: 1)
        try await dock.push("churn", "two", run: 1)
        _ = try await service.report(1, space: "default", succeeded: true, message: "", principal: .local)
        world.script.withLock {
            $0.refusals = [ControlError(.unavailable, "not now"), ControlError(.refused, "the space is frozen")]
        }
        await service.tick(turn: 2)
        var followUp = try await service.show(1, space: "default").followUp
        #expect((followUp.state, followUp.message) == (.due, "not now"))
        await service.tick(turn: 3)
        await service.tick(turn: 4)
        followUp = try await service.show(1, space: "default").followUp
        #expect((followUp.state, followUp.message) == (.refused, "the space is frozen"))
        #expect(world.asked == ["send 1", "roll out 2", "roll out 2"])
    }

    @Test func `a run that failed is followed by nothing, whatever it pushed`() async throws {
        let (dock, service) = try await deployed(service)
        defer { dock.remove() }
        try configure(service, Self.both)
        _ = try await start(service)
        await service.tick(turn: 1)
        try await dock.push("churn", "two", run: 1)
        let ended = try await service.report(1, space: "default", succeeded: false, message: "bad", principal: .local)
        #expect((ended.state, ended.message, ended.followUp.state) == (.failed, "bad", .none))
        await service.tick(turn: 2)
        #expect(world.asked == ["send 1"])
    }

    @Test func `a firing alert begins one run, and the rule says why there is no second`() async throws {
        let (dock, service) = try await deployed(service)
        defer { dock.remove() }
        try configure(service, "[{name: a, webhook: \"https://x\", when: {alert: drift}}]")
        await service.tick(turn: 1)
        #expect(try await service.list(RunFilter(space: "default")).items.isEmpty)
        world.script.withLock {
            $0.alerts = [
                FiringAlert(
                    number: 3, rule: "drift", kind: "drift", since: Timestamp(microseconds: 0), evidence: "PSI 0.4")
            ]
        }
        for turn in 2..<5 { await service.tick(turn: turn) }
        let runs = try await service.list(RunFilter(space: "default")).items
        #expect(runs.map(\.cause.alert) == [3])
        #expect(runs.first?.requestedBy == "slipway")
        _ = try await service.report(1, space: "default", succeeded: false, message: "", principal: .local)
        await service.tick(turn: 6)
        #expect(try await service.rules("churn", space: "default").first?.note.contains("cools down") == true)
        #expect(try await service.list(RunFilter(space: "default")).items.count == 1)
    }

    @Test func `runs that were asked for together begin one after the other`() async throws {
        let (dock, service) = try await deployed(service)
        defer { dock.remove() }
        try configure(service, Self.both)
        for _ in 0..<3 { _ = try await start(service) }
        await service.tick(turn: 1)
        await service.tick(turn: 2)
        var states = try await service.list(RunFilter(space: "default")).items.map(\.state)
        #expect(states == [.queued, .queued, .running])
        _ = try await service.report(1, space: "default", succeeded: true, message: "", principal: .local)
        await service.tick(turn: 3)
        states = try await service.list(RunFilter(space: "default")).items.map(\.state)
        #expect(states == [.queued, .running, .succeeded])
    }

    @Test func `only a run that is under way may push in its own name`() async throws {
        let (dock, service) = try await deployed(service)
        defer { dock.remove() }
        try configure(service, Self.both)
        func mayPush(_ model: String, _ space: String) async -> Bool {
            do {
                try await service.admit(run: 1, model: model, space: space, key: nil, isOpen: true)
                return true
            } catch { return false }
        }
        #expect(await !mayPush("churn", "default"))
        _ = try await start(service)
        #expect(await !mayPush("churn", "default"))
        await service.tick(turn: 1)
        #expect(await mayPush("churn", "default"))
        #expect(await !mayPush("other", "default"))
        #expect(await !mayPush("churn", "prod"))
        _ = try await service.cancel(1, space: "default", principal: .local)
        #expect(await !mayPush("churn", "default"))
    }
}
