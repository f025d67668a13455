import Journal
package import Logging

/// Follows the audit chain and has its events delivered to the webhooks that want them.
///
/// The chain is the outbox: what a mutation did and what is told of it are one transaction, made by whoever made the
/// mutation. Each webhook has a cursor in it. The transaction that puts events into the queue moves the cursor past them, so
/// an event is in a webhook's queue once, whenever the server dies; its id is made of the event's own place and hash.
/// A webhook that falls behind waits in the chain, which loses nothing, not in the queue, which has a bound.
package actor WebhookFollower {
    /// Deliveries of one webhook that may wait at once.
    static let mostPending = 100
    /// Events that are looked at in one step.
    private static let step = 500
    /// How far a cursor may stay behind while nothing matched: not every event is worth a write.
    private static let slack = 1000

    private let store: WebhookUnitOfWork
    private let deliveries: DeliveryService
    private let logger: Logger
    private let pause: Duration
    /// How far a webhook has been looked at beyond its cursor, by id.
    private var seen: [Int: Int] = [:]
    private var loop: Task<Void, Never>?

    /// - Parameter pause: between two looks at the chain.
    package init(
        store: WebhookUnitOfWork, deliveries: DeliveryService, logger: Logger, pause: Duration = .milliseconds(250)
    ) {
        self.store = store
        self.deliveries = deliveries
        self.logger = logger
        self.pause = pause
    }

    package func start() {
        guard loop == nil else { return }
        loop = Task { [weak self, pause] in
            while !Task.isCancelled {
                await self?.turn()
                guard (try? await Task.sleep(for: pause)) != nil else { return }
            }
        }
    }

    package func stop() async {
        loop?.cancel()
        await loop?.value
    }

    private func turn() async {
        do {
            while try await follow(), !Task.isCancelled {}
        } catch {
            logger.error("webhooks could not be told of events", metadata: ["error.message": "\(error.message)"])
        }
    }

    /// One step for each webhook; whether there may be more to do at once.
    private func follow() async throws(ControlError) -> Bool {
        let known = seen
        let looks: [(Webhook, Look)] = try await store.read { transaction in
            let last = try transaction.lastAuditEvent()?.sequence ?? 0
            let webhooks = try transaction.activeWebhooks()
            return try webhooks.compactMap { webhook in
                let from = max(webhook.cursor, known[webhook.id] ?? 0)
                guard from < last else { return (webhook, Look(at: from)) }
                // Whose queue is full is asked again when there is room: not a unit of work each time that keeps nothing.
                guard try transaction.pendingDeliveries(of: webhook.id) < Self.mostPending else { return nil }
                return (webhook, try Look(webhook, from: from, in: transaction))
            }
        }
        seen = seen.filter { id, _ in looks.contains { $0.0.id == id } }
        var isMore = false
        for (webhook, look) in looks {
            if look.wanted.isEmpty, look.end - webhook.cursor <= Self.slack {
                seen[webhook.id] = look.end
                isMore = isMore || look.isMore
            } else {
                // What is wrong with one is no reason that another hears nothing.
                do { isMore = try await enqueue(webhook, from: look.start) || isMore } catch {
                    report(error, webhook)
                }
            }
        }
        return isMore
    }

    private func report(_ error: ControlError, _ webhook: Webhook) {
        logger.error(
            "a webhook could not be told of events",
            metadata: [
                "webhook.name": "\(webhook.name)", "space": "\(webhook.scope)", "error.message": "\(error.message)",
            ])
    }

    /// Decides again in the transaction that keeps it: the webhook may be another by now, or gone.
    private func enqueue(_ webhook: Webhook, from start: Int) async throws(ControlError) -> Bool {
        let mutation = Mutation(principal: .server, space: webhook.scope, idempotency: nil)
        let committed = try await store.commit(mutation) { transaction in
            guard let now = try transaction.webhook(id: webhook.id), !now.isPaused else {
                return Change(Step(), event: nil)
            }
            let look = try Look(now, from: max(start, now.cursor), in: transaction)
            let room = max(0, Self.mostPending - (try transaction.pendingDeliveries(of: now.id)))
            let taken = look.wanted.prefix(room)
            var step = Step()
            for event in taken {
                let cloudEvent = event.cloudEvent(telling: try transaction.told(of: event))
                step.deliveries.append(try transaction.enqueue(cloudEvent, for: now).id)
            }
            // What had no room is where the next step begins.
            let next = taken.count < look.wanted.count ? look.wanted[taken.count].audit.sequence - 1 : look.end
            if next > now.cursor { try transaction.moveCursor(of: now.id, to: next) }
            step.isMore = look.isMore && taken.count == look.wanted.count
            return Change(step, event: nil)
        }
        seen[webhook.id] = nil
        for id in committed.answer.deliveries {
            if let delivery = try await deliveries.delivery(id) { await deliveries.begin(delivery) }
        }
        return committed.answer.isMore
    }

    private struct Step: Codable, Sendable {
        var deliveries: [Int] = []
        var isMore = false
    }

    /// What one webhook wants of the next events.
    private struct Look: Sendable {
        let start: Int
        let wanted: [LifecycleEvent]
        /// The last event that was looked at.
        let end: Int
        let isMore: Bool

        init(at end: Int) {
            start = end
            wanted = []
            self.end = end
            isMore = false
        }

        init(_ webhook: Webhook, from start: Int, in transaction: any WebhookTransaction) throws {
            let events = try transaction.auditEvents(
                AuditQuery(order: .oldestFirst), after: start, limit: WebhookFollower.step)
            self.start = start
            wanted = events.map(LifecycleEvent.init).filter(webhook.wants)
            end = events.last?.sequence ?? start
            isMore = events.count == WebhookFollower.step
        }
    }
}
