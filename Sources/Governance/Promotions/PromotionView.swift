import Identity
package import Journal
import Registry

/// A promotion with what a person needs to know to decide about it.
package struct PromotionView: Sendable, Hashable {
    package var promotion: Promotion
    /// What the gates that run now last said, by gate.
    package var progress: [String: String]
    /// Why the evidence is not about the world of now; `nil` when it is, and for what has ended.
    package var staleness: String?
    /// What the version is compared with: the champion of the run of now, else of this moment.
    package var champion: String?
    /// Empty when the version is gone.
    package var changes: [ComparedFact]
    /// The ids of those who could give a missing approval, as far as they are known.
    package var approvers: [String]
}

extension PromotionService {
    /// A promotion that goes into the space or out of it, else `notFound`.
    package func show(_ number: Int, space: String) async throws(ControlError) -> PromotionView {
        var view = try await store.read { transaction in
            let work = try PromotionWork(
                number: number, space: space, principal: Principal(id: ""), in: transaction)
            return try Self.view(work)
        }
        view.progress = board.read(promotion: number)
        if let all = view.progress.removeValue(forKey: GateBoard.everyGate) {
            for gate in view.promotion.life.outstanding { view.progress[gate.name] = all }
        }
        if view.promotion.state == .awaitingApproval { view.approvers = try await approvers(of: view.promotion) }
        return view
    }

    /// Newest first; `after` is the number that the page before ended with.
    package func list(
        _ filter: PromotionFilter, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<PromotionView> {
        let before = after.flatMap(Int.init)
        if let after, before == nil {
            throw ControlError(
                .invalid, "'\(Name.excerpt(of: after))' is not the number of a promotion", field: "after")
        }
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            guard try transaction.policy(of: filter.space) != nil else {
                throw ControlError.spaceNotFound(filter.space)
            }
            return try transaction.promotions(filter, before: before, limit: limit + 1).map { promotion in
                try Self.view(PromotionWork(promotion, principal: Principal(id: ""), in: transaction))
            }
        }
        return Page.cut(found, limit: limit) { String($0.promotion.number) }
    }

    private static func view(_ work: PromotionWork) throws -> PromotionView {
        let promotion = work.promotion
        let transaction = work.transaction
        var view = PromotionView(promotion: promotion, progress: [:], changes: [], approvers: [])
        if promotion.state.isOpen { view.staleness = try work.staleness() }
        let candidate =
            try transaction.version(model: promotion.model, number: promotion.version, space: promotion.source)
            ?? transaction.version(model: promotion.model, number: promotion.version, space: promotion.target)
        let champion = try Self.champion(of: promotion, transaction)
        view.champion = champion?.label
        if let candidate { view.changes = VersionComparison.facts(candidate: candidate, champion: champion) }
        return view
    }

    /// The one that the evidence is about, while it can be found.
    private static func champion(
        of promotion: Promotion, _ transaction: any PromotionTransaction
    ) throws -> ModelVersion? {
        guard promotion.hasTarget else { return nil }
        guard let last = promotion.lastRun else {
            return try transaction.champion(of: promotion.model, in: promotion.target)
        }
        guard let number = last.basis.champion?.split(separator: ":").last.flatMap({ Int($0) }) else { return nil }
        return try transaction.version(model: promotion.model, number: number, space: promotion.target)
    }

    private func approvers(of promotion: Promotion) async throws(ControlError) -> [String] {
        guard let demand = promotion.life.run?.approvals else { return [] }
        let members = try await memberships.members(of: promotion.target, having: demand.roles)
        return members.filter { member in
            promotion.life.refusal(of: member, roles: demand.roles.map(\.rawValue)) == nil
        }
    }
}

extension Promotion {
    /// The last run of the gates that was begun.
    package var lastRun: PromotionRun? {
        for step in steps.reversed() { if case .checking(let run) = step.event { return run } }
        return nil
    }

    /// What the gates of the last run reported, in the policy's order; what has not ended is pending.
    package var reports: [GateReport] {
        guard let run = lastRun else { return [] }
        var found: [String: GateReport] = [:]
        for step in steps {
            if case .reported(let number, let report) = step.event, number == run.number { found[report.gate] = report }
        }
        return run.gates.map { gate in
            found[gate.name]
                ?? GateReport(
                    gate: gate.name, kind: gate.kind, outcome: .pending,
                    summary: gate.deadline.map { "to be reported until \($0)" } ?? "")
        }
    }
}
