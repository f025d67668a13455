import Governance
import Journal
import Registry
import Runtimes
import Serving

/// A deploy whose fields were checked, with the rules that the database decides.
struct DeployOrder: Sendable {
    /// What is to be loaded, and whether it is there already.
    struct Plan: Sendable {
        let entry: EndpointEntry
        let isLive: Bool
    }

    let target: EndpointTarget
    let model: String
    let version: Int?
    let options: EndpointOptions
    let reason: String

    /// For the hash that an idempotency key is bound to.
    var canonical: [String] {
        target.canonical("deployment.deploy") + [
            model, version.map { String($0) } ?? "latest", options.canonical, reason,
        ]
    }

    func plan(_ transaction: any DeploymentTransaction) throws -> Plan {
        try target.requireSpace(transaction)
        let record = try transaction.endpoint(target.endpoint, space: target.space)
        try target.checkMatch(record?.live)
        let next = (record?.lastRevision ?? 0) + 1
        guard
            var entry = try transaction.entry(
                endpoint: target.endpoint, space: target.space, model: model, number: version, revision: next,
                options: options)
        else { throw RegistryService.notFound(model, version, target.space) }
        try checkIsolation(of: entry, transaction)
        guard let live = record?.live else { return Plan(entry: entry, isLive: false) }
        guard live.model == model else {
            throw ControlError(
                .conflict, "endpoint '\(target.endpoint)' serves the model '\(live.model)', not '\(model)'",
                field: "model",
                hint: "an endpoint keeps one model; deploy under another name with --as, or delete the endpoint first")
        }
        let isLive = live.isLoaded && live.version == entry.version && live.options == options
        if isLive { entry.revision = live.revision }
        return Plan(entry: entry, isLive: isLive)
    }

    private func checkIsolation(of entry: EndpointEntry, _ transaction: any DeploymentTransaction) throws {
        if let wanted = options.isolation, let demanded = try transaction.policy(of: target.space)?.isolation,
            wanted != demanded
        {
            throw ControlError(
                .refused,
                "space '\(target.space)' demands \(demanded.rawValue) isolation, the deployment asks for "
                    + wanted.rawValue,
                field: "isolation",
                hint: "leave isolation out, or change what the space demands: `slipway space set-policy`")
        }
        if options.workerMemoryBytes != nil, entry.isolation == .shared {
            throw ControlError(
                .invalid, "workerMemoryBytes is set, but the model would run in shared isolation, without a worker",
                field: "workerMemoryBytes", hint: "ask for worker isolation too, or leave workerMemoryBytes out")
        }
    }

    /// The unit of work: plans again, and stops when the world is no longer the one that was prepared for.
    func apply(
        _ prepared: Plan, principal: Principal, in transaction: any DeploymentTransaction
    ) throws -> Change<Deployment> {
        let pinned = DeployOrder(
            target: target, model: model, version: prepared.entry.version, options: options, reason: reason)
        let plan = try pinned.plan(transaction)
        guard plan.entry == prepared.entry else {
            throw ControlError(
                .conflict, "endpoint '\(target.endpoint)' was changed while the version was being loaded",
                field: "endpoint", hint: "try again")
        }
        if !plan.isLive {
            try transaction.append(
                RevisionDraft(
                    endpoint: target.endpoint, space: target.space, number: plan.entry.revision, action: .deploy,
                    model: model, version: plan.entry.version, options: options, reason: reason),
                by: principal)
        }
        guard let now = try transaction.endpoint(target.endpoint, space: target.space)?.live else {
            throw target.notFound
        }
        if plan.isLive { return Change(now.unchanged, event: nil) }
        return Change(now, event: event(of: now))
    }

    private func event(of now: Deployment) -> AuditDraft {
        AuditDraft(
            action: "deployment.deploy", subject: target.endpoint,
            detail: [
                "revision": String(now.revision), "version": "\(now.model):\(now.version)", "digest": now.digest,
                "options": options.canonical, "reason": reason,
            ])
    }
}
