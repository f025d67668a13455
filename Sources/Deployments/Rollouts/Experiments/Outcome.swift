package import Journal
import Serving
package import Statistics

/// What a caller tells of what came of a prediction, or of somebody whose requests stay with one variant.
package struct Outcome: Sendable, Hashable {
    /// Told at once at most.
    package static let maximum = 10_000
    /// Metrics of one outcome at most.
    package static let maximumValues = 32

    package enum Subject: Sendable, Hashable {
        case prediction(String)
        /// What the rollout is sticky by.
        case key(String)
    }

    package var subject: Subject
    package var values: [String: Double]

    package init(subject: Subject, values: [String: Double]) {
        self.subject = subject
        self.values = values
    }

    /// Throws `invalid` with the place in the list.
    func validate(at place: String) throws(ControlError) {
        guard !values.isEmpty, values.count <= Self.maximumValues else {
            throw ControlError(
                .invalid, "'\(place).values' has \(values.count) values", field: "\(place).values",
                hint: "from 1 to \(Self.maximumValues)")
        }
        for (name, value) in values {
            try Name.validate(name, field: "\(place).values")
            guard value.magnitude <= 1e12 else {
                throw ControlError(
                    .invalid, "'\(place).values.\(name)' is out of range", field: "\(place).values.\(name)",
                    hint: "at most 10^12 to either side of 0")
            }
        }
    }
}

/// One value of an outcome as it is kept. Told again for the same subject, the later one counts.
package struct OutcomeRecord: Sendable, Hashable {
    package var metric: String
    package var variant: String
    /// Whom or what it is about; only a hash of it is kept.
    package var unit: String
    package var value: Double

    package init(metric: String, variant: String, unit: String, value: Double) {
        self.metric = metric
        self.variant = variant
        self.unit = unit
        self.value = value
    }
}

/// What outcomes need of the database.
package protocol OutcomeTransaction {
    /// Throws `tooLarge` where the rollout has too many already.
    func keep(_ outcomes: [OutcomeRecord], ofRollout id: Int) throws
    /// By metric, then by variant.
    func samples(ofRollout id: Int) throws -> [String: [String: Sample]]
    /// By variant: of how many predictions or keys something is known.
    func units(ofRollout id: Int) throws -> [String: Int]
}

/// What became of outcomes that were told.
package struct OutcomeReceipt: Sendable, Hashable, Codable {
    package var rollout: Int
    package var accepted: Int
    /// Predictions that no variant of this rollout made, or too long ago, or for a caller who named the variant.
    package var unknown: Int
}

extension RolloutService {
    /// Takes outcomes for the A/B rollout that is open at the endpoint, each joined to the variant that answered.
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
        let (kept, answer) = (records, receipt)
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        return try await store.commit(mutation) { transaction in
            try transaction.keep(kept, ofRollout: rollout.id)
            return Change(answer, event: nil)
        }.answer
    }

    private func check(_ outcomes: [Outcome], _ rollout: Rollout) throws(ControlError) {
        guard rollout.spec.strategy == .ab, rollout.state.routes else {
            throw ControlError(
                .refused, "outcomes are for A/B rollouts that run: the open one is \(rollout.title)", field: "endpoint")
        }
        guard rollout.spec.sticky == nil else { return }
        for (index, outcome) in outcomes.enumerated() {
            guard case .key = outcome.subject else { continue }
            throw ControlError(
                .invalid, "'outcomes[\(index)].key' cannot be: \(rollout.title) draws each request anew",
                field: "outcomes[\(index)].key",
                hint: "tell outcomes by 'prediction', or start the rollout with 'sticky'")
        }
    }

    /// The variant that answered, and a name for whom or what the outcome is about.
    private func assignment(of subject: Outcome.Subject, _ rollout: Rollout) -> (variant: String, unit: String)? {
        let plane = deployments.plane
        let (space, endpoint) = (rollout.space, rollout.endpoint)
        switch subject {
        case .prediction(let id):
            guard let found = plane.variant(ofPrediction: id, space: space, endpoint: endpoint),
                found.rollout == rollout.number
            else { return nil }
            return (found.variant, "prediction " + id)
        case .key(let key):
            guard let found = plane.variant(ofKey: key, space: space, endpoint: endpoint),
                found.rollout == rollout.number
            else { return nil }
            return (found.variant, "key " + key)
        }
    }
}
