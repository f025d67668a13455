import Governance
import Journal
import Registry
import Serving

/// One rollout inside one transaction.
struct RolloutWork {
    let transaction: any DeploymentTransaction
    let principal: Principal
    private(set) var rollout: Rollout
    /// Steps that the database has already.
    private let kept: Int

    init(_ rollout: Rollout, principal: Principal, in transaction: any DeploymentTransaction) {
        self.rollout = rollout
        self.principal = principal
        self.transaction = transaction
        kept = rollout.steps.count
    }

    var target: EndpointTarget { EndpointTarget(endpoint: rollout.endpoint, space: rollout.space, ifMatch: nil) }

    /// The words of the steps that were taken here.
    var taken: [String] { rollout.steps.dropFirst(kept).map(\.event.word) }

    /// Throws the refusal of an event that cannot happen now.
    @discardableResult
    mutating func take(_ event: RolloutEvent) throws(ControlError) -> RolloutAction {
        let action = rollout.take(event, by: principal.id, at: transaction.time)
        if case .refuse(let reason) = action {
            throw ControlError(
                .conflict, "rollout \(rollout.number) of '\(rollout.endpoint)': \(reason)", field: "rollout",
                hint: "`slipway rollout status \(rollout.endpoint)` shows where it stands")
        }
        return action
    }

    /// Takes what was observed meanwhile, with what has been decided of it.
    mutating func take(_ life: RolloutLife, _ progress: RolloutProgress) {
        rollout.life = life
        rollout.progress = progress
    }

    func save() throws { try transaction.save(rollout, from: kept) }

    /// Sets the first weights; a switch at once appends its revision here.
    mutating func begin() throws {
        try target.requireThawed(transaction)
        if rollout.spec.strategy == .blueGreen, let candidate = rollout.spec.candidates.first {
            try append(.deploy, candidate, evidence: "")
        }
        try take(.began)
    }

    /// Makes the candidate what the endpoint is.
    mutating func promote(_ candidate: RolloutCandidate, evidence: String) throws {
        try target.requireThawed(transaction)
        let revision = try append(.promote, candidate, evidence: evidence)
        try take(.promoted(variant: candidate.variant, revision: revision, evidence: evidence))
    }

    /// Gives all traffic back; a switch that has happened is undone by a revision equal to the one before.
    mutating func rollBack(evidence: String) throws {
        guard rollout.state == .watching else {
            try take(.rolledBack(revision: nil, evidence: evidence))
            return
        }
        let origin = rollout.origin
        let number = try nextRevision()
        try transaction.append(
            RevisionDraft(
                endpoint: rollout.endpoint, space: rollout.space, number: number, action: .rollback,
                model: rollout.model, version: origin.version, options: origin.options, reason: "",
                origin: RevisionOrigin(rollout: rollout.number, equals: origin.revision, evidence: evidence)),
            by: principal)
        try take(.rolledBack(revision: number, evidence: evidence))
    }

    @discardableResult
    private func append(_ action: Revision.Action, _ candidate: RolloutCandidate, evidence: String) throws -> Int {
        let number = try nextRevision()
        try transaction.append(
            RevisionDraft(
                endpoint: rollout.endpoint, space: rollout.space, number: number, action: action,
                model: rollout.model, version: candidate.version, options: candidate.options,
                reason: rollout.reason, origin: RevisionOrigin(rollout: rollout.number, evidence: evidence)),
            by: principal)
        return number
    }

    private func nextRevision() throws -> Int {
        guard let record = try transaction.endpoint(rollout.endpoint, space: rollout.space), record.live != nil else {
            throw target.notFound
        }
        return record.lastRevision + 1
    }
}

// MARK: - What is said of it

extension RolloutWork {
    /// What the unit of work did. Steps make an audit event; what was only observed makes none.
    func change(_ action: String, detail: [String: String] = [:]) -> Change<RolloutAnswer> {
        let answer = RolloutAnswer(number: rollout.number)
        guard !taken.isEmpty else { return Change(answer, event: nil) }
        var detail = detail
        detail["rollout"] = String(rollout.number)
        detail["strategy"] = rollout.spec.strategy.words
        detail["from"] = "\(rollout.model):\(rollout.origin.version)"
        detail["to"] = rollout.targets
        detail["state"] = rollout.state.rawValue
        detail["steps"] = taken.joined(separator: ",")
        let weights = rollout.weights.map { "\($0.variant)=\(Double($0.weight) / 100)%" }
        if !weights.isEmpty { detail["weights"] = weights.joined(separator: ",") }
        if !rollout.life.message.isEmpty { detail["message"] = rollout.life.message }
        for step in rollout.steps.dropFirst(kept) {
            switch step.event {
            case .promoted(_, let revision, let evidence):
                detail["revision"] = String(revision)
                detail["evidence"] = evidence
            case .rolledBack(let revision, let evidence):
                if let revision { detail["revision"] = String(revision) }
                detail["evidence"] = evidence
            case .advanced(_, let evidence): detail["evidence"] = evidence
            default: break
            }
        }
        return Change(answer, event: AuditDraft(action: action, subject: rollout.endpoint, detail: detail))
    }
}

/// What is kept of a change under its idempotency key.
struct RolloutAnswer: Codable, Sendable {
    let number: Int
}

extension Rollout {
    /// A rollout that is about to be kept: the endpoint's next number, nothing taken yet.
    init(
        _ spec: RolloutSpec, at live: Deployment, approvals: ApprovalDemand, principal: Principal,
        in transaction: any DeploymentTransaction
    ) throws {
        var spec = spec
        let last = try transaction.lastRollout(endpoint: live.endpoint, space: live.space)
        let before = try transaction.rollout(last, endpoint: live.endpoint, space: live.space)
        // Who was with a variant stays there as far as its weight allows.
        spec.keys = before.flatMap { $0.spec.keys(step: $0.life.step) } ?? KeyShares(all: RolloutProgress.stable)
        let pushers = try spec.candidates.map { try transaction.pusher(of: live.model, version: $0.version) }
        self.init(
            id: 0, number: last + 1,
            endpoint: live.endpoint, space: live.space, model: live.model, spec: spec,
            origin: RolloutOrigin(version: live.version, revision: live.revision, options: live.options),
            requestedBy: principal.id, requestedAt: transaction.time,
            life: RolloutLife(
                course: RolloutCourse(spec, approvals: approvals), requestedBy: principal.id, pushedBy: pushers),
            progress: RolloutProgress(spec))
    }
}
