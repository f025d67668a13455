package import Governance
package import Journal
import Serving

/// What shadow rollouts have found out, for the gate that asks.
package struct ShadowRecords: ShadowEvidence {
    /// How many rollouts of a space are looked through, the newest first.
    private static let depth = 10 * PageLimit.maximum

    private let store: DeploymentUnitOfWork

    package init(store: DeploymentUnitOfWork) {
        self.store = store
    }

    package func finding(
        of model: String, version: Int, in space: String
    ) async throws(ControlError) -> ShadowFinding? {
        try await store.read { transaction in
            var (before, seen) = (Int?.none, 0)
            while seen < Self.depth {
                let page = try transaction.rollouts(
                    RolloutFilter(space: space), before: before, limit: PageLimit.maximum)
                for rollout in page where rollout.spec.strategy == .shadow && rollout.model == model {
                    guard rollout.spec.candidates.first?.version == version,
                        let reading = rollout.progress.shadow.reading
                    else { continue }
                    return Self.finding(rollout, reading)
                }
                guard page.count == PageLimit.maximum, let last = page.last else { return nil }
                before = last.id
                seen += page.count
            }
            return nil
        }
    }

    private static func finding(_ rollout: Rollout, _ reading: ShadowReading) -> ShadowFinding {
        let report = ShadowReport(reading)
        return ShadowFinding(
            endpoint: rollout.endpoint, rollout: rollout.number, primary: rollout.origin.version,
            requests: report.disagreements.of, disagreements: report.disagreements.count, mirrored: report.mirrored,
            dropped: report.dropped, primaryP99: report.p99.primary, candidateP99: report.p99.candidate)
    }
}
