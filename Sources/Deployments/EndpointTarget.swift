import Governance
import Journal
import Registry
import Serving

/// The endpoint that a mutation is about, with the rules that hold for all of them.
struct EndpointTarget: Sendable {
    let endpoint: String
    let space: String
    let ifMatch: Int?

    func canonical(_ action: String) -> [String] {
        [action, space, endpoint, ifMatch.map { String($0) } ?? ""]
    }

    func requireSpace(_ transaction: any DeploymentTransaction) throws {
        guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
    }

    /// What is deployed, as the caller expects it.
    func requireLive(_ transaction: any DeploymentTransaction) throws -> Deployment {
        try requireSpace(transaction)
        guard let live = try transaction.endpoint(endpoint, space: space)?.live else { throw notFound }
        try checkMatch(live)
        return live
    }

    /// Nothing that serves may change in a space that is frozen, but for going back.
    func requireThawed(_ transaction: any DeploymentTransaction) throws {
        guard let reason = try transaction.policy(of: space)?.freeze else { return }
        throw ControlError(
            .refused, "space '\(space)' is frozen" + (reason.isEmpty ? "" : ": \(reason)"), field: "space",
            hint: "its owners say when: `slipway space set-policy`; rolling back and aborting stay possible")
    }

    /// An open rollout has the endpoint for itself.
    func requireNoRollout(_ transaction: any DeploymentTransaction) throws {
        guard let open = try transaction.openRollout(endpoint: endpoint, space: space), open.state.isExclusive else {
            return
        }
        throw ControlError(
            .conflict, "endpoint '\(endpoint)' has an open rollout: \(open.title)", field: "endpoint",
            hint: "`slipway rollout status \(endpoint)` shows where it stands; promote or abort it first")
    }

    /// Ends the watch over an earlier switch: somebody wants something else now.
    func endWatch(
        _ reason: String, principal: Principal, in transaction: any DeploymentTransaction
    ) throws {
        guard let open = try transaction.openRollout(endpoint: endpoint, space: space), open.state == .watching else {
            return
        }
        var work = RolloutWork(open, principal: principal, in: transaction)
        try work.take(.superseded(reason: reason))
        try work.save()
    }

    /// Revision 0 is that of an endpoint at which nothing is deployed.
    func checkMatch(_ live: Deployment?) throws(ControlError) {
        guard let ifMatch, ifMatch != live?.revision ?? 0 else { return }
        let current = live.map { "is at revision \($0.revision)" } ?? "is not deployed"
        throw ControlError(
            .conflict, "endpoint '\(endpoint)' \(current), not at revision \(ifMatch)", field: "ifMatch",
            hint: "somebody else changed it; look at it again, then decide")
    }

    var notFound: ControlError {
        ControlError(
            .notFound, "there is no endpoint '\(Name.excerpt(of: endpoint, limit: 128))' in space '\(space)'",
            field: "endpoint", hint: "`slipway deployment list` shows the endpoints there are")
    }

    func entry(
        for live: Deployment, revision: Int, in transaction: any DeploymentTransaction
    ) throws -> EndpointEntry {
        guard
            let entry = try transaction.entry(
                endpoint: endpoint, space: space, model: live.model, number: live.version, revision: revision,
                options: live.options)
        else { throw RegistryService.notFound(live.model, live.version, space) }
        return entry
    }

    /// Appends a revision that keeps the version and the options.
    func change(
        _ action: Revision.Action, of live: Deployment, principal: Principal, in transaction: any DeploymentTransaction
    ) throws -> Change<Deployment> {
        let draft = RevisionDraft(
            endpoint: endpoint, space: space, number: live.revision + 1, action: action, model: live.model,
            version: live.version, options: live.options, reason: "")
        if action != .load { try requireThawed(transaction) }
        try requireNoRollout(transaction)
        try endWatch("the endpoint was changed: \(action.rawValue)", principal: principal, in: transaction)
        try transaction.append(draft, by: principal)
        let answer: Deployment
        if action == .delete {
            var last = live
            last.revision = draft.number
            last.isLoaded = false
            answer = last
        } else {
            guard let now = try transaction.endpoint(endpoint, space: space)?.live else { throw notFound }
            answer = now
        }
        return Change(
            answer,
            event: AuditDraft(
                action: "deployment.\(action.rawValue)", subject: endpoint,
                detail: ["revision": String(draft.number), "version": "\(live.model):\(live.version)"]))
    }
}
