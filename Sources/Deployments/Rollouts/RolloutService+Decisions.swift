package import Identity
package import Journal
import Serving

/// What people decide about a rollout. Each takes its number, or means the open one.
extension RolloutService {
    /// Holds the weights as they are. A candidate that fails goes back all the same.
    package func pause(
        _ endpoint: String, space: String, number: Int? = nil, reason: String = "", principal: Principal,
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> Rollout {
        let decision = Decision("rollout.pause", endpoint, space, number, reason, principal, idempotencyKey)
        return try await decide(decision) { work in try work.take(.paused(reason: reason)) }
    }

    package func resume(
        _ endpoint: String, space: String, number: Int? = nil, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> Rollout {
        let decision = Decision("rollout.resume", endpoint, space, number, "", principal, idempotencyKey)
        return try await decide(decision) { work in
            try work.target.requireThawed(work.transaction)
            try work.take(.resumed)
        }
    }

    /// Gives all traffic back to the version that served before; a switch that is being watched is undone.
    package func abort(
        _ endpoint: String, space: String, number: Int? = nil, reason: String = "", principal: Principal,
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> Rollout {
        let decision = Decision("rollout.abort", endpoint, space, number, reason, principal, idempotencyKey)
        return try await decide(decision, loading: { $0.state == .watching ? .origin : .nothing }) { work in
            if work.rollout.state == .watching {
                try work.rollBack(evidence: Self.words("undone by \(principal.id)", reason))
            } else {
                try work.take(.aborted(reason: reason))
            }
        }
    }

    /// Makes a candidate what the endpoint is, whatever the analysis has come to; of a watched switch, ends the watch.
    ///
    /// - Parameter variant: needed where there are several.
    package func promote(
        _ endpoint: String, space: String, number: Int? = nil, variant: String? = nil, reason: String = "",
        principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> Rollout {
        var decision = Decision("rollout.promote", endpoint, space, number, reason, principal, idempotencyKey)
        decision.variant = variant
        return try await decide(decision, loading: { _ in .candidates }) { work in
            if work.rollout.state == .watching {
                try work.take(.settled)
                return
            }
            let candidate = try Self.candidate(variant, of: work.rollout)
            let known = work.rollout.progress.finding(work.rollout.spec)
            try work.promote(
                candidate,
                evidence: Self.words("promoted by \(principal.id)", reason)
                    + (known.sentence.isEmpty ? "" : " (\(known.verdict.rawValue): \(known.sentence))"))
        }
    }

    /// Approves of a rollout that waits for it; with the last approval it begins.
    ///
    /// - Parameter roles: what the approver is in the space.
    package func approve(
        _ endpoint: String, space: String, number: Int? = nil, comment: String = "", principal: Principal,
        roles: [Role], idempotencyKey: String? = nil
    ) async throws(ControlError) -> Rollout {
        let decision = Decision("rollout.approve", endpoint, space, number, comment, principal, idempotencyKey)
        return try await decide(decision, loading: { $0.life.missingApprovals == 1 ? .all : .nothing }) { work in
            if let reason = work.rollout.life.refusal(of: principal.id, roles: roles.map(\.rawValue)) {
                throw ControlError(
                    work.rollout.state == .awaitingApproval ? .refused : .conflict,
                    "rollout \(work.rollout.number) of '\(endpoint)' was not approved: \(reason)", field: "rollout",
                    hint: "`slipway rollout status \(endpoint)` shows what is missing")
            }
            if try work.take(.approved(roles: roles, comment: comment)) == .begin { try work.begin() }
        }
    }

    /// Ends a rollout that waits for approvals; the reason is required.
    package func reject(
        _ endpoint: String, space: String, number: Int? = nil, reason: String, principal: Principal,
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> Rollout {
        guard reason.contains(where: { !$0.isWhitespace }) else {
            throw ControlError(.invalid, "a rejection needs a reason", field: "reason")
        }
        let decision = Decision("rollout.reject", endpoint, space, number, reason, principal, idempotencyKey)
        return try await decide(decision) { work in try work.take(.rejected(reason: reason)) }
    }

    private static func words(_ who: String, _ reason: String) -> String {
        reason.isEmpty ? who : "\(who): \(reason)"
    }

    private static func candidate(_ variant: String?, of rollout: Rollout) throws(ControlError) -> RolloutCandidate {
        let candidates = rollout.spec.candidates
        let names = candidates.map(\.variant).joined(separator: ", ")
        guard let variant else {
            guard candidates.count == 1, let only = candidates.first else {
                throw ControlError(
                    .invalid, "rollout \(rollout.number) has several candidates: say which", field: "variant",
                    hint: "there are \(names)")
            }
            return only
        }
        guard let found = candidates.first(where: { $0.variant == variant }) else {
            throw ControlError(
                .notFound, "rollout \(rollout.number) has no candidate '\(Name.excerpt(of: variant))'",
                field: "variant", hint: "there are \(names)")
        }
        return found
    }
}

/// One decision as it was asked for.
struct Decision: Sendable {
    let action: String
    let target: EndpointTarget
    let number: Int?
    let text: String
    let principal: Principal
    let idempotencyKey: String?
    var variant: String?

    init(
        _ action: String, _ endpoint: String, _ space: String, _ number: Int?, _ text: String,
        _ principal: Principal, _ idempotencyKey: String?
    ) {
        self.action = action
        target = EndpointTarget(endpoint: endpoint, space: space, ifMatch: nil)
        self.number = number
        self.text = text
        self.principal = principal
        self.idempotencyKey = idempotencyKey
    }

    func mutation() throws(ControlError) -> Mutation {
        let canonical = target.canonical(action) + [number.map { String($0) } ?? "", text, variant ?? ""]
        return Mutation(
            principal: principal, space: target.space, idempotency: try Idempotency.make(idempotencyKey, canonical))
    }
}

extension RolloutService {
    /// What has to be in memory before a change may be made.
    enum Needed: Sendable {
        case nothing, origin, candidates, all
    }

    func decide(
        _ decision: Decision, loading: @escaping @Sendable (Rollout) -> Needed = { _ in .nothing },
        _ body: @escaping @Sendable (inout RolloutWork) throws -> Void
    ) async throws(ControlError) -> Rollout {
        try DeploymentService.checkReason(decision.text)
        let mutation = try decision.mutation()
        let target = decision.target
        let answer = try await deployments.mutate(target, mutation) { () async throws(ControlError) in
            let entries = try await self.store.read { transaction in
                let rollout = try target.rollout(decision.number, in: transaction)
                return try rollout.state.isOpen ? rollout.entries(loading(rollout), transaction) : []
            }
            return try await self.whileReady(nil, entries) { () async throws(ControlError) in
                try await self.commitAndPublish(mutation) { transaction in
                    let rollout = try target.rollout(decision.number, in: transaction)
                    var work = RolloutWork(rollout, principal: decision.principal, in: transaction)
                    try body(&work)
                    try work.save()
                    return work.change(
                        decision.action, detail: decision.text.isEmpty ? [:] : ["reason": decision.text])
                }
            }
        }
        return try await store.read { try target.rollout(answer.number, in: $0) }
    }
}

extension Rollout {
    /// What would serve the versions that are needed.
    func entries(
        _ needed: RolloutService.Needed, _ transaction: any DeploymentTransaction
    ) throws -> [EndpointEntry] {
        let isOrigin = needed == .origin || needed == .all
        let isCandidates = needed == .candidates || needed == .all
        let record = try transaction.endpoint(endpoint, space: space)
        let next = (record?.lastRevision ?? 0) + 1
        let wanted =
            (isOrigin ? [(origin.version, origin.options)] : [])
            + (isCandidates ? spec.candidates.map { ($0.version, $0.options) } : [])
        return try wanted.compactMap { version, options in
            try transaction.entry(
                endpoint: endpoint, space: space, model: model, number: version, revision: next, options: options)
        }
    }
}
