package import Journal
package import Logging
import Serving

/// Makes one attempt to deliver.
package protocol DeliveryCarrying: Sendable {
    func carry(_ delivery: Delivery) async -> DeliveryOutcome
}

/// Takes events to where they are to go, at least once each: what is kept is delivered over restarts, and a receiver tells
/// repetitions by the event's id. It knows nothing of what the events are about.
package actor DeliveryService {
    /// Attempts at once, in all and to one target: a receiver that hangs keeps no other from its messages.
    private static let width = 16
    private static let widthOfTarget = 2
    /// Deliveries that are taken up by one question at a start.
    private static let page = 1000
    /// Seconds that a webhook may fail before it is paused; before the last attempt of a message, so that none is lost.
    package static let defaultPauseAfter = 6 * 3600

    private struct Waiting {
        /// Milliseconds of the clock that only ever grows.
        var due: Int
        var target: String
        /// Messages to one target about one thing go in their order: an end must not overtake its beginning.
        var line: String

        init(due: Int, target: DeliveryTarget, subject: String, space: String) {
            self.due = due
            self.target = target.shown
            line = "\(space) \(subject) \(target.shown)"
        }

        init(due: Int, _ delivery: Delivery) {
            self.init(due: due, target: delivery.target, subject: delivery.subject, space: delivery.space)
            // One webhook does not wait for another that goes to the same host.
            guard let webhook = delivery.webhook else { return }
            target = "webhook \(webhook)"
            line = "webhook \(webhook) \(delivery.subject)"
        }
    }

    private let store: DeliveryUnitOfWork
    private let carrier: any DeliveryCarrying
    private let logger: Logger
    private let pauseAfter: Int
    private let monotonic: @Sendable () -> Int
    private var waiting: [Int: Waiting] = [:]
    private var underWay: [Int: (entry: Waiting, task: Task<Void, Never>)] = [:]
    private var loop: Task<Void, Never>?
    private var isStopped = false

    /// - Parameters:
    ///   - pauseAfter: seconds that a webhook may fail before it is paused.
    ///   - monotonic: milliseconds that only ever grow.
    package init(
        store: DeliveryUnitOfWork, carrier: any DeliveryCarrying, logger: Logger,
        pauseAfter: Int = DeliveryService.defaultPauseAfter,
        monotonic: @escaping @Sendable () -> Int = { Int(clamping: MonotonicClock.nanoseconds() / 1_000_000) }
    ) {
        self.store = store
        self.carrier = carrier
        self.logger = logger
        self.pauseAfter = pauseAfter
        self.monotonic = monotonic
    }

    /// Takes up what was on its way when the server stopped.
    package func start() async {
        guard !isStopped else { return }
        do { try await takeUp() } catch {
            logger.error("deliveries could not be taken up", metadata: ["error.message": "\(error.message)"])
        }
        loop = Task { [weak self] in
            while (try? await Task.sleep(for: .milliseconds(250))) != nil {
                guard let self else { return }
                await self.launch()
            }
        }
    }

    private func takeUp() async throws(ControlError) {
        var last = 0
        while true {
            let after = last
            let (found, now) = try await store.read {
                (try $0.pendingDeliveries(after: after, limit: Self.page), $0.time)
            }
            for delivery in found {
                let pause = RetrySchedule.milliseconds(after: delivery.attempts, due: delivery.nextAt, now: now)
                waiting[delivery.id] = Waiting(due: monotonic() + pause, delivery)
            }
            guard found.count == Self.page, let end = found.last?.id else { return }
            last = end
        }
    }

    /// Ends what is under way; what was not delivered stays kept for the next start.
    package func stop() async {
        isStopped = true
        loop?.cancel()
        let tasks = underWay.values.map(\.task)
        for task in tasks { task.cancel() }
        for task in tasks { await task.value }
    }

    /// Keeps an event for a target and begins to deliver it. Gives the delivery's id.
    @discardableResult
    package func deliver(
        _ event: CloudEvent, to target: DeliveryTarget, space: String, principal: Principal = .server
    ) async throws(ControlError) -> Int {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        let committed = try await store.commit(mutation) { transaction in
            Change(try transaction.enqueue(event, to: target, space: space), event: nil)
        }
        begin([(committed.answer, target)], subject: event.subject, space: space)
        return committed.answer
    }

    /// Begins to deliver what somebody has kept in a transaction of their own.
    ///
    /// - Parameter subject: of their events.
    package func begin(_ kept: [(id: Int, target: DeliveryTarget)], subject: String, space: String) {
        for (id, target) in kept where underWay[id] == nil {
            waiting[id] = Waiting(due: monotonic(), target: target, subject: subject, space: space)
        }
        launch()
    }

    /// The same for one alone; nothing where it is not to be delivered now.
    package func begin(_ delivery: Delivery) {
        guard delivery.state == .pending, !delivery.isHeld, underWay[delivery.id] == nil else { return }
        waiting[delivery.id] = Waiting(due: monotonic(), delivery)
        launch()
    }

    /// Newest first; `after` is the id that the page before ended with.
    package nonisolated func list(
        space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<Delivery> {
        let limit = PageLimit.clamp(limit)
        let before = try after.map { text throws(ControlError) in
            guard let id = Int(text) else {
                throw ControlError(.invalid, "after must be what a page gave as next", field: "after")
            }
            return id
        }
        let found = try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            return try transaction.deliveries(space: space, before: before, limit: limit + 1)
        }
        return Page.cut(found, limit: limit) { String($0.id) }
    }

    package nonisolated func delivery(_ id: Int) async throws(ControlError) -> Delivery? {
        try await store.read { try $0.delivery(id) }
    }

    // MARK: attempts

    private func launch() {
        guard !isStopped else { return }
        let now = monotonic()
        var taken = Set(underWay.values.map(\.entry.line))
        for (id, entry) in waiting.sorted(by: { $0.key < $1.key }) {
            guard taken.insert(entry.line).inserted, entry.due <= now else { continue }
            guard underWay.count < Self.width else { return }
            guard underWay.values.count(where: { $0.entry.target == entry.target }) < Self.widthOfTarget else {
                continue
            }
            waiting[id] = nil
            underWay[id] = (entry, Task { await self.attempt(id, entry) })
        }
    }

    private func attempt(_ id: Int, _ entry: Waiting) async {
        var again: Waiting?
        do {
            if let due = try await carry(id) {
                again = entry
                again?.due = due
            }
        } catch {
            logger.error(
                "a delivery could not be kept",
                metadata: ["delivery.id": "\(id)", "error.message": "\(error.message)"])
            again = entry
            again?.due = monotonic() + 10_000
        }
        underWay[id] = nil
        if let again { waiting[id] = again }
        launch()
    }

    /// Gives when the next attempt is due, by the clock that only grows; `nil` where there is none. The pause begins before
    /// the attempt is kept: whoever reads of it may already wait for the next.
    private func carry(_ id: Int) async throws(ControlError) -> Int? {
        guard var delivery = try await store.read({ try $0.delivery(id) }), delivery.state == .pending,
            !delivery.isHeld
        else { return nil }
        let outcome = await carrier.carry(delivery)
        // What the end of the server cut short is no attempt.
        if isStopped, outcome.verdict != .delivered { return nil }
        delivery.attempts += 1
        // What a webhook with a name refuses waits for somebody to resume it.
        let isHeld = outcome.verdict == .refused && delivery.webhook != nil
        let pause =
            outcome.verdict == .retry
            ? RetrySchedule.milliseconds(after: delivery.attempts, jitter: .random(in: 0..<1)) : nil
        let due = pause.map { monotonic() + $0 }
        delivery.status = outcome.status
        delivery.outcome = outcome.text
        delivery.state = outcome.verdict == .delivered ? .delivered : pause == nil && !isHeld ? .failed : .pending
        let ended = delivery
        let isPaused = try await keep(ended, outcome, pause: pause)
        if ended.state == .failed {
            logger.warning(
                "a delivery has failed",
                metadata: [
                    "delivery.id": "\(id)", "delivery.target": "\(ended.target.shown)", "space": "\(ended.space)",
                    "error.message": "\(ended.outcome)",
                ])
        }
        return isPaused ? nil : due
    }

    /// Keeps what an attempt came to, with what that means for its webhook; whether that is paused now.
    private func keep(
        _ ended: Delivery, _ outcome: DeliveryOutcome, pause: Int?
    ) async throws(ControlError) -> Bool {
        let mutation = Mutation(principal: .server, space: ended.space, idempotency: nil)
        let limit = pauseAfter
        let committed = try await store.commit(mutation) { transaction in
            var ended = ended
            ended.lastAt = transaction.time
            ended.nextAt = pause.map { Timestamp(microseconds: transaction.time.microseconds + $0 * 1000) }
            try transaction.keep(ended)
            guard let id = ended.webhook, var webhook = try transaction.webhook(id: id) else {
                return Change(false, event: nil)
            }
            let event = WebhookHealth.note(outcome, of: &webhook, at: transaction.time, pauseAfter: limit)
            try transaction.update(webhook)
            return Change(webhook.isPaused, event: event)
        }
        if committed.answer, ended.state == .pending {
            logger.warning(
                "a webhook is paused",
                metadata: [
                    "webhook.name": "\(ended.webhookName ?? "")", "space": "\(ended.space)",
                    "error.message": "\(ended.outcome)",
                ])
        }
        return committed.answer
    }
}
