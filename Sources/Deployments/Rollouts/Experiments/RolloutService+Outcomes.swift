package import Journal
import Serving
import Synchronization

extension RolloutService {
    /// Takes outcomes for the rollout that is open at the endpoint, each joined to the variant that answered.
    ///
    /// Told again for the same subject, the later value counts in an experiment; for a canary the first one does, because
    /// evidence that has been looked at cannot be taken back.
    package func tell(
        _ outcomes: [Outcome], of endpoint: String, space: String, principal: Principal
    ) async throws(ControlError) -> OutcomeReceipt {
        guard outcomes.count <= Outcome.maximum else {
            throw ControlError(
                .tooLarge, "\(outcomes.count) outcomes at once", field: "outcomes", hint: "at most \(Outcome.maximum)")
        }
        for (index, outcome) in outcomes.enumerated() { try outcome.validate(at: "outcomes[\(index)]") }
        let target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: nil)
        let rollout = try await store.read { try target.rollout(nil, in: $0) }
        try check(outcomes, rollout)
        var receipt = OutcomeReceipt(rollout: rollout.number, accepted: 0, unknown: 0)
        var records: [OutcomeRecord] = []
        for outcome in outcomes {
            guard let (variant, unit) = assignment(of: outcome.subject, rollout) else {
                receipt.unknown += 1
                continue
            }
            receipt.accepted += 1
            records += outcome.values.map { OutcomeRecord(metric: $0, variant: variant, unit: unit, value: $1) }
        }
        guard !records.isEmpty else { return receipt }
        let told = records
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        let kept = try await store.commit(mutation) { transaction in
            Change(
                try transaction.keep(told, ofRollout: rollout.id, replacing: rollout.spec.strategy == .ab), event: nil)
        }.answer
        if rollout.spec.strategy == .canary {
            truths.withLock { $0[rollout.id, default: ToldTruths()].add(kept, of: rollout.spec.metrics ?? []) }
        }
        return receipt
    }

    private func check(_ outcomes: [Outcome], _ rollout: Rollout) throws(ControlError) {
        guard rollout.spec.takesOutcomes, rollout.state.routes else {
            throw ControlError(
                .refused,
                "outcomes are for A/B rollouts, and canaries with 'metrics', that run: the open one is \(rollout.title)",
                field: "endpoint")
        }
        for (index, outcome) in outcomes.enumerated() {
            if rollout.spec.sticky == nil, case .key = outcome.subject {
                throw ControlError(
                    .invalid, "'outcomes[\(index)].key' cannot be: \(rollout.title) draws each request anew",
                    field: "outcomes[\(index)].key",
                    hint: "tell outcomes by 'prediction', or start the rollout with 'sticky'")
            }
            if rollout.spec.strategy == .canary { try checkQuality(outcome, at: "outcomes[\(index)].values", rollout) }
        }
    }

    /// A canary is judged by what comes, so what cannot be judged is not taken.
    private func checkQuality(_ outcome: Outcome, at place: String, _ rollout: Rollout) throws(ControlError) {
        let names = (rollout.spec.metrics ?? []).map(\.name)
        for (name, value) in outcome.values.sorted(by: { $0.key < $1.key }) {
            guard names.contains(name) else {
                throw ControlError(
                    .invalid, "'\(place).\(name)' is no metric of \(rollout.title)", field: "\(place).\(name)",
                    hint: "there are \(names.joined(separator: ", "))")
            }
            guard (0...1).contains(value) else {
                throw ControlError(
                    .invalid, "'\(place).\(name)' is \(FigureWords.number(value)), expected a number from 0 to 1",
                    field: "\(place).\(name)",
                    hint: "as 1 for a wrong label, or an error divided by the largest there can be")
            }
        }
    }

    /// The variant that answered, and a name for whom or what the outcome is about.
    private func assignment(of subject: Outcome.Subject, _ rollout: Rollout) -> (variant: String, unit: String)? {
        switch subject {
        case .prediction(let id):
            guard
                let found = deployments.plane.variant(
                    ofPrediction: id, space: rollout.space, endpoint: rollout.endpoint),
                found.rollout == rollout.number
            else { return nil }
            return (found.variant, "prediction " + id)
        case .key(let key):
            // Callers come to a canary step by step: of one who came later, nobody knows which version it was.
            guard let variant = rollout.variant(ofKey: key, step: rollout.life.step),
                variant == rollout.variant(ofKey: key, step: 0)
            else { return nil }
            return (variant, "key " + key)
        }
    }
}
