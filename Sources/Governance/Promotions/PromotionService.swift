package import Journal
import Registry
import Serving
import Synchronization

/// Promotions: asked for, checked, approved, applied.
///
/// Every change is one unit of work that ends in a state of rest; what then has to be carried out (the gates) is started
/// after the commit, and again by `resume` after a crash.
package final class PromotionService: Sendable {
    let store: PromotionUnitOfWork
    let gates: GateWorkshop
    let memberships: any Memberships
    let publisher: any GenerationPublisher
    let clock: any WallClock
    let board = GateBoard()
    /// The gates of all promotions run one after the other: side by side they would disturb each other's measurements.
    let turns = Turns()
    let running = Mutex<[Int: RunningGates]>([:])
    let pause: @Sendable (_ microseconds: Int) async -> Void

    /// - Parameter pause: waits, or returns early when its task is cancelled.
    package init(
        store: PromotionUnitOfWork, gates: GateWorkshop, memberships: any Memberships,
        publisher: any GenerationPublisher, clock: any WallClock,
        pause: @escaping @Sendable (_ microseconds: Int) async -> Void = { microseconds in
            try? await Task.sleep(for: .microseconds(microseconds))
        }
    ) {
        self.store = store
        self.gates = gates
        self.memberships = memberships
        self.publisher = publisher
        self.clock = clock
        self.pause = pause
    }

    /// Asks that a version of `source` becomes available in `target`. The gates begin at once.
    ///
    /// Errors: `notFound` (space, version), `refused` (the target takes nothing from there), `conflict` (it is there
    /// already, or asked for already).
    package func request(
        model: String, version: Int, source: String, target: String, reason: String = "", principal: Principal,
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> Promotion {
        try Name.validate(model, field: "model")
        try Name.validate(target, field: "to")
        try Self.checkText(reason, field: "reason")
        let mutation = Mutation(
            principal: principal, space: target,
            idempotency: try Idempotency.make(
                idempotencyKey, ["promotion.request", model, String(version), source, target, reason]))
        let committed = try await store.commit(mutation) { transaction in
            let candidate = try Self.candidate(model, version, source, transaction)
            let draft = PromotionDraft(
                model: model, version: version, digest: candidate.artifact.digest, source: source, target: target,
                requestedBy: principal.id, pushedBy: candidate.createdBy)
            try Self.admit(draft, transaction)
            let promotion = Promotion(
                number: try transaction.insert(draft), draft: draft, requestedAt: transaction.time)
            var work = PromotionWork(promotion, principal: principal, in: transaction)
            try work.take(.requested(reason: reason))
            return work.change("promotion.request", counted: true)
        }
        return try await finish(committed.answer.number)
    }

    private static func candidate(
        _ model: String, _ version: Int, _ source: String, _ transaction: any PromotionTransaction
    ) throws -> ModelVersion {
        guard try transaction.policy(of: source) != nil else { throw ControlError.spaceNotFound(source) }
        guard let found = try transaction.version(model: model, number: version, space: source) else {
            throw RegistryService.notFound(model, version, source)
        }
        try found.requireDeployable()
        return found
    }

    private static func admit(_ draft: PromotionDraft, _ transaction: any PromotionTransaction) throws {
        // The same words whether the space is not there or takes nothing from here: its name is its members' matter.
        guard let policy = try transaction.policy(of: draft.target), policy.promotesFrom.contains(draft.source) else {
            throw ControlError(
                .refused, "there is no space '\(draft.target)' that takes versions from '\(draft.source)'",
                field: "to", hint: "the target's policy names its sources: promotesFrom: [\(draft.source)]")
        }
        if let open = try transaction.openPromotion(
            model: draft.model, version: draft.version, target: draft.target)
        {
            throw ControlError(
                .conflict,
                "\(draft.model):\(draft.version) is on its way to '\(draft.target)' already, by promotion \(open)",
                field: "version", hint: "`slipway promotion show \(open)` shows where it stands")
        }
        if try transaction.version(model: draft.model, number: draft.version, space: draft.target) != nil {
            throw ControlError(
                .conflict, "\(draft.model):\(draft.version) is available in '\(draft.target)' already",
                field: "version",
                hint: "`slipway deploy \(draft.model):\(draft.version) --space \(draft.target)` makes it answer there")
        }
    }

    static func checkText(_ text: String, field: String) throws(ControlError) {
        guard text.utf8.count <= 4096 else {
            throw ControlError(.invalid, "the \(field) has \(text.utf8.count) bytes, at most 4096", field: field)
        }
    }

    /// After a commit: publishes, sees to the gates, and gives the promotion as it is.
    func finish(_ number: Int) async throws(ControlError) -> Promotion {
        guard let promotion = try await store.read({ try $0.promotion(number) }) else {
            throw ControlError.promotionNotFound(number, "")
        }
        follow(promotion)
        try await publisher.publish()
        return promotion
    }
}

/// What is kept of a change under its idempotency key.
struct PromotionAnswer: Codable, Sendable {
    let number: Int
    /// Whether the decision took effect: an approval of stale evidence does not.
    let counted: Bool
}

extension PromotionWork {
    /// What the unit of work did, named by the most that came of it.
    func change(_ action: String, counted: Bool, detail: [String: String] = [:]) -> Change<PromotionAnswer> {
        let answer = PromotionAnswer(number: promotion.number, counted: counted)
        guard !taken.isEmpty else { return Change(answer, event: nil) }
        let endings = [
            ("applied", "promotion.apply"), ("failed", "promotion.fail"), ("superseded", "promotion.supersede"),
            ("stale", "promotion.recheck"),
        ]
        var detail = detail
        detail["promotion"] = String(promotion.number)
        detail["digest"] = promotion.digest
        detail["from"] = promotion.source
        detail["to"] = promotion.target
        detail["state"] = promotion.state.rawValue
        detail["steps"] = taken.joined(separator: ",")
        if let run = promotion.life.run { detail["policyRevision"] = String(run.basis.policyRevision) }
        if !promotion.life.ending.isEmpty { detail["reason"] = promotion.life.ending }
        if promotion.state == .applied {
            detail["approvedBy"] = promotion.life.approvals.map(\.by).joined(separator: ",")
        }
        return Change(
            answer,
            event: AuditDraft(
                action: endings.first { taken.contains($0.0) }?.1 ?? action, subject: promotion.label, detail: detail))
    }
}
