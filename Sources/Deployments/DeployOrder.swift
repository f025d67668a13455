import Governance
import Journal
import Registry
import Runtimes
import Serving
import Tensors

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
    /// How long what served before waits for a breach; 0 for not at all.
    var watchSeconds = RolloutSpec.defaultWatchSeconds

    /// For the hash that an idempotency key is bound to.
    var canonical: [String] {
        target.canonical("deployment.deploy") + [
            model, version.map { String($0) } ?? "latest", options.canonical, reason,
        ] + (watchSeconds == RolloutSpec.defaultWatchSeconds ? [] : [String(watchSeconds)])
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
        try options.ledger?.check(against: entry.description.signature, of: "\(model):\(entry.version)")
        try target.requireNoRollout(transaction)
        guard let live = record?.live else {
            try target.requireThawed(transaction)
            return Plan(entry: entry, isLive: false)
        }
        guard live.model == model else {
            throw ControlError(
                .conflict, "endpoint '\(target.endpoint)' serves the model '\(live.model)', not '\(model)'",
                field: "model",
                hint: "an endpoint keeps one model; deploy under another name with --as, or delete the endpoint first")
        }
        let isLive = live.isLoaded && live.version == entry.version && live.options == options
        if isLive {
            entry.revision = live.revision
        } else {
            try target.requireThawed(transaction)
            try requireNoApprovals(transaction, of: entry)
        }
        return Plan(entry: entry, isLive: isLive)
    }

    /// Where people have to approve of a rollout, a deploy over what serves would be a way around them.
    private func requireNoApprovals(_ transaction: any DeploymentTransaction, of entry: EndpointEntry) throws {
        let demand = try transaction.policy(of: target.space)?.rolloutApprovals ?? .none
        guard demand.count > 0 else { return }
        throw ControlError(
            .refused,
            "space '\(target.space)' demands \(demand.count) approval\(demand.count == 1 ? "" : "s") before another version "
                + "serves at '\(target.endpoint)'",
            field: "space",
            hint: "ask for it: `slipway rollout start \(target.endpoint) --to \(model):\(entry.version) "
                + "--strategy blue-green --space \(target.space)`")
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
            target: target, model: model, version: prepared.entry.version, options: options, reason: reason,
            watchSeconds: watchSeconds)
        let plan = try pinned.plan(transaction)
        guard plan.entry == prepared.entry else {
            throw ControlError(
                .conflict, "endpoint '\(target.endpoint)' was changed while the version was being loaded",
                field: "endpoint", hint: "try again")
        }
        var watch: Rollout?
        let before = try transaction.endpoint(target.endpoint, space: target.space)?.live
        if !plan.isLive {
            try target.endWatch(
                "\(model):\(plan.entry.version) was deployed", principal: principal, in: transaction)
            watch = try self.watch(over: plan.entry, principal: principal, in: transaction)
            try transaction.append(
                RevisionDraft(
                    endpoint: target.endpoint, space: target.space, number: plan.entry.revision, action: .deploy,
                    model: model, version: plan.entry.version, options: options, reason: reason,
                    origin: RevisionOrigin(rollout: watch?.number)),
                by: principal)
            if let watch { try transaction.insert(watch) }
        }
        guard let now = try transaction.endpoint(target.endpoint, space: target.space)?.live else {
            throw target.notFound
        }
        if plan.isLive { return Change(now.unchanged, event: nil) }
        return Change(now, event: event(of: now, over: before, watch))
    }

    /// What served before can be gone back to, if it served.
    private func watch(
        over entry: EndpointEntry, principal: Principal, in transaction: any DeploymentTransaction
    ) throws -> Rollout? {
        guard watchSeconds > 0, let live = try transaction.endpoint(target.endpoint, space: target.space)?.live,
            live.isLoaded
        else { return nil }
        var draft = RolloutDraft(
            strategy: .blueGreen,
            candidates: [RolloutDraft.Candidate(variant: "canary", model: model, version: entry.version, weight: 0)])
        draft.watchSeconds = watchSeconds
        var rollout = try Rollout(
            draft.spec(options: options), at: live, approvals: .none, principal: principal, in: transaction)
        _ = rollout.take(.requested(reason: reason), by: principal.id, at: transaction.time)
        _ = rollout.take(.began, by: principal.id, at: transaction.time)
        return rollout
    }

    private func event(of now: Deployment, over before: Deployment?, _ watch: Rollout?) -> AuditDraft {
        var detail = [
            "revision": String(now.revision), "version": "\(now.model):\(now.version)", "digest": now.digest,
            "options": options.canonical, "reason": reason,
        ]
        detail["before"] = before.map { "\($0.model):\($0.version)" }
        if let watch {
            detail["rollout"] = String(watch.number)
            detail["watchSeconds"] = String(watchSeconds)
        }
        return AuditDraft(action: "deployment.deploy", subject: target.endpoint, detail: detail)
    }
}
