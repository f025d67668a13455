import Documents
import Foundation
import Journal
import Logging
import Store
import Synchronization
import Testing
import Webhooks

@testable import Alerts

/// Readings that a test sets, at a time that it sets, over a real database; messages are noted.
private final class Bench: EndpointReadings, DeliveryCarrying {
    struct State {
        var now = 100_000_000
        var errors = false
        var isOff = false
        var places = [AlertPlace(space: "default", endpoint: "churn")]
        var carried: [(type: String, event: String)] = []
    }

    let state = Mutex(State())
    let store: Store

    init(folder: String? = nil) throws {
        store = try Store.open(folder: folder ?? NSTemporaryDirectory() + "slipway-alerts-\(UUID().uuidString)")
    }

    func reading(space: String, endpoint: String) async -> EndpointReading {
        state.withLock { state in
            guard !state.isOff else { return EndpointReading() }
            var history = ServiceHistory(begun: 0)
            history.add(ServiceCounts(requests: 1000, errors: state.errors ? 500 : 0), at: state.now / 1000 - 10)
            return EndpointReading(service: history, version: 3)
        }
    }

    func carry(_ delivery: Delivery) async -> DeliveryOutcome {
        state.withLock { $0.carried.append((delivery.type, delivery.event)) }
        return DeliveryOutcome(.delivered, "delivered")
    }

    var types: [String] { state.withLock { $0.carried.map(\.type) } }

    func watch(targets: [DeliveryTarget]? = nil) throws -> (AlertWatch, AlertService) {
        let target = DeliveryTarget.webhook(try WebhookTarget(url: "https://example.com/hook"))
        let deliveries = DeliveryService(store: store.deliveries, carrier: self, logger: Logger(label: "test"))
        let newID: @Sendable () -> String = { UUID().uuidString }
        let watch = AlertWatch(
            store: store.alerts, readings: self, deliveries: deliveries,
            places: { self.state.withLock(\.places) }, defaults: targets ?? [target], logger: Logger(label: "test"),
            newID: newID, monotonic: { self.state.withLock(\.now) })
        return (watch, AlertService(store: store.alerts, deliveries: deliveries, newID: newID))
    }

    func pass(_ seconds: Int, errors: Bool) {
        state.withLock { state in
            state.now += seconds * 1000
            state.errors = errors
        }
    }

    func until(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<2000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        Issue.record("it did not come about: \(types)")
    }

    /// What the audit has of alerts, oldest first.
    func actions() async throws -> [String] {
        try await store.audit.events(AuditQuery(action: "alert")).items.map(\.action).reversed()
    }
}

@Suite struct WatchTests {
    private static let firing = AlertFilter(space: "default", state: .firing)

    @Test func `an alert fires once, is told of once, and ends once`() async throws {
        let bench = try Bench()
        let (watch, desk) = try bench.watch()
        await watch.tick()
        #expect(try await desk.list(Self.firing).items.isEmpty)
        bench.pass(2, errors: true)
        for _ in 0..<3 { await watch.tick() }
        let alert = try #require(try await desk.list(Self.firing).items.first)
        #expect((alert.number, alert.rule, alert.kind, alert.isNotified) == (1, "errors", .errors, true))
        #expect(alert.evidence.version == 3 && alert.evidence.figures.first?.value == 0.5)
        #expect(alert.evidence.links.contains { $0.path == "/api/v1/spaces/default/deployments/churn/series" })
        #expect(watch.firing.map(\.rule) == ["errors"])
        try await bench.until { bench.types == ["slipway.alert.fired"] }
        bench.pass(2, errors: false)
        await watch.tick()
        #expect(try await desk.show(1, space: "default").state == .firing)
        bench.pass(121, errors: false)
        await watch.tick()
        let ended = try await desk.show(1, space: "default")
        #expect(ended.state == .resolved && ended.resolvedAt != nil)
        try await bench.until { bench.types == ["slipway.alert.fired", "slipway.alert.resolved"] }
        #expect(watch.firing.isEmpty)
        #expect(try await bench.actions() == ["alert.fired", "alert.resolved"])
    }

    @Test func `after a restart it is the same alert, and nobody is told twice`() async throws {
        let bench = try Bench()
        let (first, _) = try bench.watch()
        bench.pass(0, errors: true)
        await first.tick()
        try await bench.until { bench.types.count == 1 }
        // Another server over the same database, which at first has nothing to judge by.
        let (second, desk) = try bench.watch()
        bench.state.withLock { $0.isOff = true }
        await second.tick()
        #expect(second.firing.map(\.alert) == [1])
        bench.state.withLock { $0.isOff = false }
        await second.tick()
        #expect(try await desk.list(AlertFilter(space: "default")).items.map(\.number) == [1])
        bench.pass(2, errors: false)
        await second.tick()
        bench.pass(121, errors: false)
        await second.tick()
        try await bench.until { bench.types == ["slipway.alert.fired", "slipway.alert.resolved"] }
    }

    @Test func `a silence keeps messages back and not states; what still fires at its end is told of then`()
        async throws
    {
        let bench = try Bench()
        let (watch, desk) = try bench.watch()
        let silence = try await desk.silence(
            SilenceOrder(endpoint: "churn", rule: nil, seconds: 600, until: nil, reason: "a test"), space: "default",
            principal: .local)
        bench.pass(0, errors: true)
        await watch.tick()
        await watch.tick()
        #expect(try await desk.show(1, space: "default").state == .firing)
        #expect(try await desk.show(1, space: "default").isNotified == false)
        #expect(
            try await bench.store.deliveries.read { try $0.deliveries(space: "default", before: nil, limit: 9) }.isEmpty
        )
        _ = try await desk.endSilence(silence.number, space: "default", principal: .local)
        await watch.tick()
        await watch.tick()
        try await bench.until { bench.types == ["slipway.alert.fired"] }
        #expect(try await desk.show(1, space: "default").isNotified)
    }

    @Test func `what was silenced from its beginning to its end is never told of`() async throws {
        let bench = try Bench()
        let (watch, desk) = try bench.watch()
        _ = try await desk.silence(
            SilenceOrder(endpoint: nil, rule: "errors", seconds: 600, until: nil, reason: ""), space: "default",
            principal: .local)
        bench.pass(0, errors: true)
        await watch.tick()
        bench.pass(2, errors: false)
        await watch.tick()
        bench.pass(121, errors: false)
        await watch.tick()
        #expect(try await desk.show(1, space: "default").state == .resolved)
        #expect(
            try await bench.store.deliveries.read { try $0.deliveries(space: "default", before: nil, limit: 9) }.isEmpty
        )
    }

    @Test func `an alert that somebody looks after stays with them`() async throws {
        let bench = try Bench()
        let (watch, desk) = try bench.watch(targets: [])
        bench.pass(0, errors: true)
        await watch.tick()
        let alert = try await desk.acknowledge(1, space: "default", comment: "mine", principal: Principal(id: "ann"))
        #expect(alert.acknowledgement?.by == "ann" && alert.acknowledgement?.comment == "mine")
        let again = try await desk.acknowledge(
            1, space: "default", comment: "no, mine", principal: Principal(id: "bob"))
        #expect(again.acknowledgement?.by == "ann")
        bench.pass(2, errors: false)
        await watch.tick()
        bench.pass(121, errors: false)
        await watch.tick()
        await #expect(throws: ControlError.self) {
            _ = try await desk.acknowledge(1, space: "default", comment: "", principal: .local)
        }
    }

    @Test func `what an endpoint or a rule fired ends with them`() async throws {
        let bench = try Bench()
        let (watch, desk) = try bench.watch()
        bench.pass(0, errors: true)
        await watch.tick()
        let off = try AlertSettings(
            try DocumentText.value(yaml: "rules: [{name: errors, enabled: false}]", what: "monitor"))
        watch.configure(space: "default", endpoint: "churn", settings: off)
        await watch.tick()
        #expect(try await desk.show(1, space: "default").resolution == "the rule is not at work any more")
        watch.configure(space: "default", endpoint: "churn", settings: nil)
        await watch.tick()
        #expect(try await desk.show(2, space: "default").state == .firing)
        bench.state.withLock { $0.places = [] }
        await watch.tick()
        #expect(try await desk.show(2, space: "default").resolution == "the endpoint is not deployed any more")
        #expect(watch.firing.isEmpty)
    }

    @Test(arguments: [
        SilenceOrder(endpoint: "a b", rule: nil, seconds: 60, until: nil, reason: ""),
        SilenceOrder(endpoint: nil, rule: nil, seconds: 0, until: nil, reason: ""),
        SilenceOrder(endpoint: nil, rule: nil, seconds: 31 * 86_400, until: nil, reason: ""),
        SilenceOrder(endpoint: nil, rule: nil, seconds: nil, until: nil, reason: ""),
        SilenceOrder(endpoint: nil, rule: nil, seconds: nil, until: Timestamp(microseconds: 1), reason: ""),
        SilenceOrder(endpoint: nil, rule: nil, seconds: nil, until: Timestamp(microseconds: .max), reason: ""),
        SilenceOrder(endpoint: nil, rule: nil, seconds: 5, until: Timestamp(microseconds: 1), reason: ""),
    ])
    func `a silence that makes no sense is refused with its field`(order: SilenceOrder) async throws {
        let (_, desk) = try Bench().watch()
        await #expect {
            _ = try await desk.silence(order, space: "default", principal: .local)
        } throws: { ($0 as? ControlError)?.code == .invalid && ($0 as? ControlError)?.field != nil }
    }
}
