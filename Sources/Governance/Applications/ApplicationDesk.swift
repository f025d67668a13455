package import Journal
import Synchronization

/// Who may carry declared state out now.
///
/// The hold itself is in memory: it speaks of a process that is alive just now, and a server that starts again has none.
/// That it began and how it ended is in the audit.
package final class ApplicationDesk: Sendable {
    /// How long a holder may be silent before somebody else may begin.
    package static let patience = Duration.seconds(15)

    private struct Hold: Sendable {
        var application: Application
        /// Who began it, by the key of the request: a retry of the same is no second one.
        var key: String?
        var heardAt: Duration
    }

    private enum State: Sendable {
        case free
        /// Being written down.
        case beginning(Principal)
        case held(Hold)
    }

    private let store: ApplicationUnitOfWork
    private let publisher: (any GenerationPublisher)?
    /// A clock that only ever grows.
    private let uptime: @Sendable () -> Duration
    private let state = Mutex<State>(.free)

    package init(
        store: ApplicationUnitOfWork, publisher: (any GenerationPublisher)? = nil,
        uptime: @escaping @Sendable () -> Duration = ApplicationDesk.monotonic()
    ) {
        self.store = store
        self.publisher = publisher
        self.uptime = uptime
    }

    /// The mutations made so far, and who applies now, if anybody does.
    package func look() async throws(ControlError) -> (generation: Generation, current: Application?) {
        let generation = try await store.read { try $0.generation() }
        return (generation, current)
    }

    private var current: Application? {
        let now = uptime()
        return state.withLock { state in
            if case .held(let hold) = state, now - hold.heardAt < Self.patience { hold.application } else { nil }
        }
    }

    /// Begins, if nobody else applies and the server is still as the plan found it.
    ///
    /// - Parameter ifGeneration: the generation that the plan was made at; another one is a `conflict` on `ifMatch`.
    package func begin(
        plan: String, steps: Int, ifGeneration: Int?, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> Application {
        try Self.check(plan, steps)
        let mutation = Mutation(
            principal: principal, space: "",
            idempotency: try Idempotency.make(
                idempotencyKey,
                ["application.begin", plan, String(steps), ifGeneration.map { String($0) } ?? ""]))
        if let mine = try reserve(principal, key: idempotencyKey) { return mine }
        do {
            let application = try await write(mutation, plan, steps, ifGeneration)
            let now = uptime()
            state.withLock { $0 = .held(Hold(application: application, key: idempotencyKey, heardAt: now)) }
            return application
        } catch {
            state.withLock { $0 = .free }
            throw error
        }
    }

    /// Says that the holder is alive. Throws `conflict` where the application is not held any more.
    @discardableResult
    package func renew(_ number: Int, principal: Principal) throws(ControlError) -> Application {
        let now = uptime()
        let mine: Application? = try state.withLock { state throws(ControlError) in
            guard case .held(var hold) = state, hold.application.number == number else { return nil }
            guard hold.application.principal == principal else { throw Self.foreign(hold.application) }
            hold.heardAt = now
            state = .held(hold)
            return hold.application
        }
        guard let mine else {
            throw ControlError(
                .conflict,
                "application \(number) has ended: its holder was not heard of, or the server was started again",
                field: "application", hint: "apply again: what was done stays done, and the plan goes on from there")
        }
        return mine
    }

    /// Ends it. Its holder may, and owners of the server.
    package func end(
        _ number: Int, outcome: ApplicationOutcome, done: Int, principal: Principal, isAdmin: Bool,
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> Application {
        let held: Application? = try state.withLock { state throws(ControlError) in
            guard case .held(let hold) = state, hold.application.number == number else { return nil }
            guard isAdmin || hold.application.principal == principal else { throw Self.foreign(hold.application) }
            state = .free
            return hold.application
        }
        let mutation = Mutation(
            principal: principal, space: "",
            idempotency: try Idempotency.make(
                idempotencyKey, ["application.end", String(number), outcome.rawValue, String(done)]))
        guard let held else {
            throw ControlError(
                .conflict, "application \(number) has ended already", field: "application",
                hint: "what it did stays done; apply again to see what is left")
        }
        _ = try await store.commit(mutation) { _ in
            Change(
                number,
                event: AuditDraft(
                    action: "application.end", subject: String(number),
                    detail: ["outcome": outcome.rawValue, "done": String(done), "steps": String(held.steps)]))
        }
        try await publisher?.publish()
        return held
    }

    // MARK: -

    /// Takes the place; gives what is held already where the same request comes again.
    private func reserve(_ principal: Principal, key: String?) throws(ControlError) -> Application? {
        let now = uptime()
        return try state.withLock { state throws(ControlError) in
            switch state {
            case .free: break
            case .beginning(let other):
                throw ControlError(
                    .conflict, "'\(other.id)' is beginning to apply just now", field: "application", hint: "try again")
            case .held(let hold):
                if let key, hold.key == key, hold.application.principal == principal { return hold.application }
                guard now - hold.heardAt >= Self.patience else { throw Self.busy(hold, now) }
            }
            state = .beginning(principal)
            return nil
        }
    }

    private func write(
        _ mutation: Mutation, _ plan: String, _ steps: Int, _ ifGeneration: Int?
    ) async throws(ControlError) -> Application {
        struct Begun: Codable, Sendable { var at: Timestamp }
        let committed = try await store.commit(mutation) { transaction in
            let now = try transaction.generation().number
            guard ifGeneration == nil || ifGeneration == now else {
                throw ControlError(
                    .conflict,
                    "the server has changed since the plan was made: it is at \(now), the plan at \(ifGeneration ?? 0)",
                    field: "ifMatch", hint: "make the plan again")
            }
            return Change(
                Begun(at: transaction.moment),
                event: AuditDraft(
                    action: "application.begin", subject: String(plan.prefix(12)),
                    detail: ["plan": plan, "steps": String(steps)]))
        }
        try await publisher?.publish()
        return Application(
            number: committed.generation.number, principal: mutation.principal, plan: plan, steps: steps,
            since: committed.answer.at)
    }

    private static func check(_ plan: String, _ steps: Int) throws(ControlError) {
        let isDigest =
            plan.utf8.count == Application.digestLength
            && plan.utf8.allSatisfy {
                ($0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9"))
                    || ($0 >= UInt8(ascii: "a") && $0 <= UInt8(ascii: "f"))
            }
        guard isDigest else {
            throw ControlError(
                .invalid, "'plan' is '\(Name.excerpt(of: plan))'", field: "plan",
                hint: "the SHA-256 of the plan: 64 lower-case hexadecimal digits")
        }
        guard (1...Application.mostSteps).contains(steps) else {
            throw ControlError(
                .invalid, "'steps' is \(steps)", field: "steps", hint: "from 1 to \(Application.mostSteps)")
        }
    }

    private static func busy(_ hold: Hold, _ now: Duration) -> ControlError {
        let left = patience - (now - hold.heardAt)
        let seconds = max(1, Int(left.components.seconds) + 1)
        let other = hold.application
        return ControlError(
            .conflict,
            "'\(other.principal.id)' is applying since \(other.since): application \(other.number), "
                + "\(other.steps) step\(other.steps == 1 ? "" : "s"), plan \(other.plan.prefix(12))",
            field: "application",
            hint: "wait for it (--wait 60s); if it is not heard of, it ends in \(seconds) s by itself")
    }

    private static func foreign(_ application: Application) -> ControlError {
        ControlError(
            .refused, "application \(application.number) is '\(application.principal.id)''s", field: "application",
            hint: "its holder ends it, or an owner of the server")
    }

    /// Since some moment of this process.
    package static func monotonic() -> @Sendable () -> Duration {
        let start = ContinuousClock.now
        return { start.duration(to: .now) }
    }
}
