import Foundation
import Governance
import Journal
import Logging
import Store
import Synchronization
import Testing

@testable import Webhooks

/// The chain as an outbox, on a real data folder.
@Suite struct FollowerTests {
    /// Delivers all it gets; fails while it is told to.
    private final class Carrier: DeliveryCarrying {
        private let outcome: Mutex<DeliveryOutcome>
        private let carried = Mutex<[Delivery]>([])
        var events: [Delivery] { carried.withLock { $0 } }

        init(_ outcome: DeliveryOutcome = DeliveryOutcome(.delivered, "delivered", status: 200)) {
            self.outcome = Mutex(outcome)
        }

        func become(_ outcome: DeliveryOutcome) { self.outcome.withLock { $0 = outcome } }

        func carry(_ delivery: Delivery) async -> DeliveryOutcome {
            carried.withLock { $0.append(delivery) }
            return outcome.withLock { $0 }
        }
    }

    private struct Post {
        let store: Store
        let carrier: Carrier
        let deliveries: DeliveryService
        let follower: WebhookFollower
        let service: WebhookService

        init(_ store: Store, _ carrier: Carrier = Carrier(), pauseAfter: Int = 3600) {
            self.store = store
            self.carrier = carrier
            let logger = Logger(label: "test")
            deliveries = DeliveryService(
                store: store.deliveries, carrier: carrier, logger: logger, pauseAfter: pauseAfter)
            follower = WebhookFollower(
                store: store.webhooks, deliveries: deliveries, logger: logger, pause: .milliseconds(5))
            let secrets = WebhookSecrets(folder: nil, environment: [:], master: [1])
            service = WebhookService(
                store: store.webhooks, deliveries: deliveries,
                sender: WebhookSender(policy: AddressPolicy(), secrets: secrets), newID: { UUID().uuidString })
        }

        func start() async {
            await deliveries.start()
            await follower.start()
        }

        func stop() async {
            await follower.stop()
            await deliveries.stop()
        }

        func create(_ name: String, _ patterns: [String] = [], space: String? = "default") async throws {
            _ = try await service.create(
                name, target: try WebhookTarget(url: "https://example.com/\(name)"), events: try EventFilter(patterns),
                space: space, principal: .local)
        }
    }

    private static func open() throws -> Store {
        try Store.open(folder: NSTemporaryDirectory() + "slipway-follower-\(UUID().uuidString)")
    }

    /// One mutation that does nothing but be told of.
    private static func happen(_ action: String, _ subject: String, space: String = "default", in store: Store)
        async throws
    {
        let mutation = Mutation(principal: .local, space: space, idempotency: nil)
        _ = try await store.webhooks.commit(mutation) { _ in
            Change(true, event: AuditDraft(action: action, subject: subject))
        }
    }

    private static func until(_ condition: () async throws -> Bool) async throws {
        for _ in 0..<3000 {
            if try await condition() { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        Issue.record("it did not come about")
    }

    @Test func `a webhook gets what happens after it was made, what it wants, and in order`() async throws {
        let store = try Self.open()
        let post = Post(store)
        try await Self.happen("version.push", "before:1", in: store)
        try await post.create("ci", ["version.*", "deployment.created"])
        await post.start()
        for number in 1...5 { try await Self.happen("version.push", "churn:\(number)", in: store) }
        try await Self.happen("deployment.deploy", "orders", in: store)
        try await Self.happen("rollout.start", "orders", in: store)
        try await Self.until { post.carrier.events.count == 6 }
        await post.stop()
        let subjects = (1...5).map { "models/churn/versions/\($0)" } + ["deployments/orders"]
        #expect(Set(post.carrier.events.map(\.subject)) == Set(subjects))
        #expect(Set(post.carrier.events.map(\.type)) == ["slipway.version.pushed", "slipway.deployment.created"])
        #expect(try await post.service.show("ci", space: "default").pending == 0)
    }

    @Test func `each event is enqueued once, whoever follows and however often it begins anew`() async throws {
        let store = try Self.open()
        let first = Post(store)
        try await first.create("ci", ["version.*"])
        var total = 0
        for round in 0..<4 {
            // Two at once too: the cursor moves in the transaction that enqueues.
            let posts = [Post(store, first.carrier), Post(store, first.carrier)]
            for post in posts { await post.follower.start() }
            for number in 1...20 { try await Self.happen("version.push", "r\(round):\(number)", in: store) }
            total += 20
            let wanted = total
            try await Self.until {
                try await first.service.log(WebhookDeliveryQuery(space: "default"), limit: 1000).items.count == wanted
            }
            for post in posts { await post.stop() }
        }
        let log = try await first.service.log(WebhookDeliveryQuery(space: "default"), limit: 1000).items
        #expect(log.count == 80 && Set(log.map(\.event)).count == 80)
        await first.start()
        try await Self.until { try await first.service.show("ci", space: "default").pending == 0 }
        await first.stop()
        #expect(first.carrier.events.count == 80)
    }

    @Test func `what does not fit into the queue waits in the chain and comes later`() async throws {
        let store = try Self.open()
        let post = Post(store, Carrier(DeliveryOutcome(.retry, "not now")))
        try await post.create("ci", ["version.*"])
        await post.start()
        let count = WebhookFollower.mostPending + 30
        for number in 1...count { try await Self.happen("version.push", "churn:\(number)", in: store) }
        try await Self.until {
            try await post.service.show("ci", space: "default").pending == WebhookFollower.mostPending
        }
        await post.stop()
        let working = Post(store)
        // Paused and resumed, what waits is due at once.
        _ = try await working.service.pause("ci", reason: "", space: "default", principal: .local)
        await working.start()
        _ = try await working.service.resume("ci", fromNow: false, space: "default", principal: .local)
        try await Self.until { working.carrier.events.count >= count }
        await working.stop()
        #expect(Set(working.carrier.events.map(\.event)).count == count && working.carrier.events.count == count)
        // In the order in which it happened: each is about a thing of its own, so only where the queue was cut.
        #expect(
            Set(working.carrier.events.prefix(WebhookFollower.mostPending).map(\.subject)).contains(
                "models/churn/versions/1"))
    }

    @Test func `a space hears nothing of another, and the server hears everything`() async throws {
        let store = try Self.open()
        let post = Post(store)
        let mutation = Mutation(principal: .local, space: "prod", idempotency: nil)
        _ = try await store.spaces.commit(mutation) { transaction in
            try transaction.insertSpace("prod", by: .local)
            return Change(true, event: nil)
        }
        try await post.create("here")
        try await post.create("there", space: "prod")
        try await post.create("all", space: nil)
        await post.start()
        try await Self.happen("version.push", "churn:1", in: store)
        try await Self.happen("version.push", "fraud:1", space: "prod", in: store)
        try await Self.happen("key.create", "k1", space: "", in: store)
        func subjects(_ name: String) -> Set<String> {
            Set(
                post.carrier.events.filter { $0.webhookName == name }.map(\.subject).filter {
                    !$0.hasPrefix("webhooks/")
                })
        }
        try await Self.until {
            subjects("all").count == 3 && subjects("here").count == 1 && subjects("there").count == 1
        }
        await post.stop()
        #expect(subjects("here") == ["models/churn/versions/1"])
        #expect(subjects("there") == ["models/fraud/versions/1"])
        #expect(subjects("all") == ["models/churn/versions/1", "models/fraud/versions/1", "keys/k1"])
    }

    @Test func `one that fails for too long is paused with an audit event, and loses nothing`() async throws {
        let store = try Self.open()
        let post = Post(store, Carrier(DeliveryOutcome(.refused, "it wants no more messages", status: 410)))
        try await post.create("ci", ["version.*"])
        await post.start()
        try await Self.happen("version.push", "churn:1", in: store)
        try await Self.until { try await post.service.show("ci", space: "default").webhook.isPaused }
        try await Self.happen("version.push", "churn:2", in: store)
        let paused = try await store.audit.events(AuditQuery(action: "webhook.pause")).items
        #expect(paused.count == 1 && paused[0].principal == "server" && paused[0].detail.contains("no more messages"))
        let before = post.carrier.events.count
        post.carrier.become(DeliveryOutcome(.delivered, "delivered", status: 200))
        _ = try await post.service.resume("ci", fromNow: false, space: "default", principal: .local)
        try await Self.until { post.carrier.events.count == before + 2 }
        await post.stop()
        #expect(
            Set(post.carrier.events.suffix(2).map(\.subject)) == ["models/churn/versions/1", "models/churn/versions/2"])
        #expect(try await store.verify().isIntact)
    }

    @Test func `resumed from now, what happened meanwhile is passed over`() async throws {
        let store = try Self.open()
        let post = Post(store)
        try await post.create("ci", ["version.*"])
        await post.start()
        _ = try await post.service.pause("ci", reason: "moving", space: "default", principal: .local)
        try await Self.happen("version.push", "churn:1", in: store)
        _ = try await post.service.resume("ci", fromNow: true, space: "default", principal: .local)
        try await Self.happen("version.push", "churn:2", in: store)
        try await Self.until { post.carrier.events.count == 1 }
        await post.stop()
        #expect(post.carrier.events.map(\.subject) == ["models/churn/versions/2"])
    }

    @Test func `an event that is sent again keeps its id, and a webhook that is deleted takes its log along`()
        async throws
    {
        let store = try Self.open()
        let post = Post(store)
        try await post.create("ci", ["version.*"])
        await post.start()
        try await Self.happen("version.push", "churn:1", in: store)
        try await Self.until { post.carrier.events.count == 1 }
        try await Self.until { try await post.service.show("ci", space: "default").pending == 0 }
        let first = try #require(try await post.service.log(WebhookDeliveryQuery(space: "default")).items.first)
        let again = try await post.service.redeliver(first.id, space: "default", principal: .local)
        #expect(again.id != first.id && again.event == first.event && again.body == first.body)
        try await Self.until { post.carrier.events.count == 2 }
        await #expect(throws: ControlError.self) {
            try await post.service.redeliver(first.id, space: nil, principal: .local)
        }
        try await post.service.delete("ci", space: "default", principal: .local)
        await post.stop()
        #expect(try await post.service.log(WebhookDeliveryQuery(space: "default")).items.isEmpty)
        #expect(try await store.verify().isIntact)
    }
}
