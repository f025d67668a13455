import Deployments
import Documents
import Governance
import Journal
import Retraining

/// What a retraining run pushed goes on like anybody's version: by the same services, gates and approvals.
struct RunFollower: RunFollowing {
    let promotions: PromotionService
    let rollouts: RolloutService

    func check(rollout: DocumentValue) throws(ControlError) {
        _ = try RolloutDraft(document: Self.document(rollout, version: 1, reason: ""))
    }

    func promote(_ run: RetrainingRun, version: Int, to space: String) async throws(ControlError) -> Int {
        try await promotions.request(
            model: run.model, version: version, source: run.modelSpace, target: space, reason: Self.reason(run),
            principal: .automation, idempotencyKey: "retraining-run-\(run.number)-promotion"
        ).number
    }

    func promotion(_ number: Int, space: String) async throws(ControlError) -> PromotionStanding {
        let view = try await promotions.show(number, space: space)
        switch view.promotion.state {
        case .applied: return .applied
        case .checking, .awaitingApproval: return .open(view.message)
        case .rejected, .withdrawn, .failed, .superseded:
            let ending = view.promotion.life.ending
            return .ended(ending.isEmpty ? view.message : ending)
        }
    }

    func rollOut(
        _ run: RetrainingRun, version: Int, document: DocumentValue
    ) async throws(ControlError) -> Int {
        try await rollouts.start(
            run.endpoint, space: run.space,
            document: Self.document(document, version: version, reason: Self.reason(run)), principal: .automation,
            idempotencyKey: "retraining-run-\(run.number)-rollout"
        ).number
    }

    private static func reason(_ run: RetrainingRun) -> String { "\(run.title): \(run.cause.sentence)" }

    /// The rule's rollout, about this version; a reason that somebody wrote there stays.
    private static func document(_ rollout: DocumentValue, version: Int, reason: String) -> DocumentValue {
        guard case .mapping(var members) = rollout else { return rollout }
        members["to"] = .whole(version)
        if members["reason"] == nil, !reason.isEmpty { members["reason"] = .text(String(reason.prefix(1000))) }
        return .mapping(members)
    }
}
