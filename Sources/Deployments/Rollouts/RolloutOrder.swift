import Governance
import Journal
import Registry
import Runtimes
import Serving
import Tensors

/// A rollout that is to begin, with the rules that the database decides.
struct RolloutOrder: Sendable {
    /// What has to be ready before it may begin.
    struct Plan: Sendable, Hashable {
        let live: Deployment
        /// What serves now: the way back.
        let stable: EndpointEntry
        /// In the order of the candidates.
        let candidates: [EndpointEntry]
        let approvals: ApprovalDemand
    }

    let target: EndpointTarget
    let draft: RolloutDraft
    /// The document that it was asked with, for the hash of an idempotency key.
    let document: String

    var canonical: [String] { target.canonical("rollout.start") + [document] }

    func plan(_ transaction: any DeploymentTransaction) throws -> Plan {
        let live = try target.requireLive(transaction)
        try target.requireThawed(transaction)
        try target.requireNoRollout(transaction)
        guard live.isLoaded else {
            throw ControlError(
                .conflict, "endpoint '\(target.endpoint)' is unloaded: there is nothing to go from",
                field: "endpoint", hint: "deploy the version: `slipway deploy \(live.model):VERSION`")
        }
        let stable = try target.entry(for: live, revision: live.revision, in: transaction)
        var entries: [EndpointEntry] = []
        for candidate in draft.candidates {
            entries.append(try entry(of: candidate, live: live, stable: stable, transaction))
        }
        try checkInputs(of: stable)
        try checkRouting(stable, entries, options: live.options)
        let policy = try transaction.policy(of: target.space)
        return Plan(
            live: live, stable: stable, candidates: entries, approvals: policy?.rolloutApprovals ?? .none)
    }

    private func entry(
        of candidate: RolloutDraft.Candidate, live: Deployment, stable: EndpointEntry,
        _ transaction: any DeploymentTransaction
    ) throws -> EndpointEntry {
        if let model = candidate.model, model != live.model {
            throw ControlError(
                .conflict, "endpoint '\(target.endpoint)' serves the model '\(live.model)', not '\(model)'",
                field: "to", hint: "an endpoint keeps one model")
        }
        guard candidate.version != live.version else {
            throw ControlError(
                .conflict, "\(live.model):\(live.version) serves at '\(target.endpoint)' already", field: "to",
                hint: "roll out to another version")
        }
        guard
            let entry = try transaction.entry(
                endpoint: target.endpoint, space: target.space, model: live.model, number: candidate.version,
                revision: live.revision + 1, options: live.options)
        else { throw RegistryService.notFound(live.model, candidate.version, target.space) }
        try checkSignature(of: entry, against: stable)
        return entry
    }

    /// Callers do not know which version answers them: what they send and read today must work with each.
    private func checkSignature(of entry: EndpointEntry, against stable: EndpointEntry) throws {
        let comparison = SignatureComparison(
            champion: stable.description.signature, candidate: entry.description.signature)
        let broken = comparison.differences.filter { !$0.isCompatible }
        guard let first = broken.first else { return }
        let more = broken.count > 1 ? ", and \(broken.count - 1) more" : ""
        throw ControlError(
            .refused,
            "\(entry.model):\(entry.version) cannot answer the callers of \(stable.model):\(stable.version): "
                + "\(first.subject) \(first.words)\(more)",
            field: "to", hint: "deploy it at an endpoint of its own: `slipway deploy --as NAME`")
    }

    /// The data plane has the last word on what it can route: a request is decoded once, for whichever version answers.
    private func checkRouting(
        _ stable: EndpointEntry, _ candidates: [EndpointEntry], options: EndpointOptions
    ) throws {
        let spec = draft.spec(options: options)
        guard spec.strategy != .blueGreen else { return }
        let targets = zip(spec.shares(step: 0), [stable] + candidates).map {
            TrafficTarget(variant: $0.variant, weight: $0.weight, entry: $1)
        }
        let plan = TrafficPlan(
            rollout: 1, strategy: spec.strategy, targets: targets, sticky: spec.sticky,
            variantHeader: spec.variantHeader, shadow: spec.shadow)
        guard let contradiction = plan.contradiction else { return }
        throw ControlError(
            .refused, "requests of '\(target.endpoint)' cannot be shared so: \(contradiction)", field: "to",
            hint: "deploy it at an endpoint of its own, or switch at once: --strategy blue-green")
    }

    /// Inputs that requests are told apart by have to be there.
    private func checkInputs(of stable: EndpointEntry) throws {
        let inputs = stable.description.signature.inputs.map(\.name)
        var wanted: [(String, String)] = []
        if case .input(let name)? = draft.sticky { wanted.append(("sticky.input", name)) }
        if let name = draft.shadow?.segmentInput { wanted.append(("shadow.segment", name)) }
        for (field, name) in wanted where !inputs.contains(name) {
            throw ControlError(
                .invalid, "\(stable.model):\(stable.version) has no input '\(Name.excerpt(of: name))'", field: field,
                hint: "there are \(inputs.joined(separator: ", "))")
        }
        let outputs = stable.description.signature.outputs.map(\.name)
        for name in (draft.shadow?.tolerances ?? [:]).keys.sorted() where !outputs.contains(name) {
            throw ControlError(
                .invalid, "\(stable.model):\(stable.version) has no output '\(Name.excerpt(of: name))'",
                field: "shadow.outputs", hint: "there are \(outputs.joined(separator: ", "))")
        }
    }

    /// The unit of work: plans again, and stops when the world is no longer the one that was prepared for.
    func apply(
        _ prepared: Plan, principal: Principal, in transaction: any DeploymentTransaction
    ) throws -> Change<RolloutAnswer> {
        let plan = try plan(transaction)
        guard plan == prepared else {
            throw ControlError(
                .conflict, "endpoint '\(target.endpoint)' was changed while the version was being loaded",
                field: "endpoint", hint: "try again")
        }
        try target.endWatch("a rollout to another version began", principal: principal, in: transaction)
        let rollout = try Rollout(
            draft.spec(options: plan.live.options), at: plan.live, approvals: plan.approvals, principal: principal,
            in: transaction)
        try transaction.insert(rollout)
        guard let inserted = try transaction.openRollout(endpoint: target.endpoint, space: target.space) else {
            throw ControlError(.internalFailure, "the rollout was not kept")
        }
        var work = RolloutWork(inserted, principal: principal, in: transaction)
        if try work.take(.requested(reason: draft.reason)) == .begin { try work.begin() }
        try work.save()
        return work.change("rollout.start", detail: draft.reason.isEmpty ? [:] : ["reason": draft.reason])
    }
}
