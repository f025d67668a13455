package import GitRuns
package import Governance
package import Journal
package import Retraining
import Serving

/// Why an endpoint serves what it serves, and what stands between it and the next version, in plain sentences.
package struct Explanation: Sendable, Hashable {
    package var endpoint: String
    package var space: String
    package var model: String
    /// `nil` while nothing is deployed at the endpoint.
    package var deployment: Deployment?
    package var live: [String]
    /// The promotion that brought the version into the space.
    package var promotion: PromotionView?
    package var next: [String]
}

/// Puts together what Deployments and Governance know of an endpoint.
package struct Explanations: Sendable {
    private let deployments: DeploymentService
    private let promotions: PromotionService
    private let retraining: RetrainingService?
    private let gitRuns: GitRunService?

    /// - Parameters:
    ///   - retraining: `nil` where nothing is retrained.
    ///   - gitRuns: `nil` where nothing comes from Git.
    package init(
        deployments: DeploymentService, promotions: PromotionService, retraining: RetrainingService? = nil,
        gitRuns: GitRunService? = nil
    ) {
        self.deployments = deployments
        self.promotions = promotions
        self.retraining = retraining
        self.gitRuns = gitRuns
    }

    /// Where nothing is deployed yet, the endpoint is taken to be named as its model: what is on its way there is what blocks
    /// it. `notFound` where no version of such a model is in the space or was ever meant to come.
    package func explain(_ endpoint: String, space: String) async throws(ControlError) -> Explanation {
        let deployment: Deployment?
        let absence: ControlError?
        do {
            (deployment, absence) = (try await deployments.show(endpoint, space: space), nil)
        } catch {
            guard error.code == .notFound else { throw error }
            (deployment, absence) = (nil, error)
        }
        let model = deployment?.model ?? endpoint
        let facts = try await deployments.facts(about: deployment, model: model, endpoint: endpoint, space: space)
        let into = try await promotions.list(
            PromotionFilter(space: space, model: model), limit: PageLimit.maximum
        ).items.filter { $0.promotion.target == space && $0.promotion.hasTarget }
        if let absence, into.isEmpty, facts.latest == nil { throw absence }
        let brought = into.first {
            $0.promotion.version == deployment?.version && $0.promotion.state == .applied
        }
        let live = deployment.map { Self.live($0, facts, brought?.promotion) }
        var explanation = Explanation(
            endpoint: endpoint, space: space, model: model, deployment: deployment,
            live: live ?? ["nothing is deployed at '\(endpoint)' in \(space)"], promotion: brought, next: [])
        explanation.next = try await next(explanation, facts, into)
        try await tellRetraining(&explanation, facts)
        try await tellGitRuns(&explanation)
        return explanation
    }

    /// The run that made what is live, and the last one.
    private func tellRetraining(
        _ explanation: inout Explanation, _ facts: EndpointFacts
    ) async throws(ControlError) {
        guard let retraining else { return }
        let story = try await retraining.story(
            of: explanation.model, version: explanation.deployment?.version, endpoint: explanation.endpoint,
            space: explanation.space)
        if let pushed = story.pushed { explanation.live += RetrainingStory.past(pushed) }
        guard let last = story.last, last.number != story.pushed?.number else { return }
        let flag = explanation.space == Space.defaultName ? "" : " --space \(explanation.space)"
        explanation.next = RetrainingStory.present(last, flag: flag) + explanation.next
    }

    /// The run from Git that pushed what is live, and the last one that deploys here.
    private func tellGitRuns(_ explanation: inout Explanation) async throws(ControlError) {
        guard let gitRuns else { return }
        let story = try await gitRuns.story(
            of: explanation.model, version: explanation.deployment?.version, endpoint: explanation.endpoint,
            space: explanation.space)
        if let pushed = story.pushed { explanation.live += GitRunStory.past(pushed) }
        guard let last = story.last, last.number != story.pushed?.number else { return }
        let flag = last.space == Space.defaultName ? "" : " --space \(last.space)"
        explanation.next = GitRunStory.present(last, flag: flag) + explanation.next
    }

    private static func live(_ deployment: Deployment, _ facts: EndpointFacts, _ promotion: Promotion?) -> [String] {
        let label = "\(deployment.model):\(deployment.version)"
        let reason = deployment.reason.isEmpty ? "" : ": \(deployment.reason)"
        var lines = [
            "\(label) is live at '\(deployment.endpoint)' in \(deployment.space) since \(deployment.updatedAt.day), "
                + "deployed by \(deployment.updatedBy) as revision \(deployment.revision)\(reason)"
        ]
        lines += facts.revision.map(origin) ?? []
        guard let promotion else {
            lines.append(
                "it was pushed by \(facts.pushedBy); no promotion brought it here, so no gate and no approval is on record"
            )
            return lines
        }
        let asked = promotion.reason.isEmpty ? "" : ": \(promotion.reason)"
        lines.append(
            "it came from \(promotion.source) by promotion \(promotion.number) on \(promotion.updatedAt.day), "
                + "asked for by \(promotion.requestedBy)\(asked); \(promotion.pushedBy) had pushed it")
        lines += evidence(promotion)
        return lines
    }

    /// What led to the revision that is live, beside who asked for it.
    private static func origin(_ revision: Revision) -> [String] {
        let origin = revision.origin
        let evidence = origin.evidence.isEmpty ? "" : ": \(origin.evidence)"
        switch revision.action {
        case .promote: return ["rollout \(origin.rollout ?? 0) brought it here\(evidence)"]
        case .rollback: return ["it was rolled back to revision \(origin.equals ?? 0)\(evidence)"]
        case .deploy, .delete, .load, .unload: return []
        }
    }

    /// The rollout that is open, or the last one where it did not end with its candidate.
    private static func rollout(_ facts: EndpointFacts, _ now: Explanation) -> [String] {
        guard let rollout = facts.rollout else { return [] }
        let shares = rollout.weights.map {
            "\(Double($0.weight) / 100)% \($0.variant) (\(rollout.model):\($0.version))"
        }
        let message = rollout.life.message.isEmpty ? "" : ": \(rollout.life.message)"
        switch rollout.state {
        case .preparing, .awaitingApproval, .running, .paused, .watching:
            return ["\(rollout.title)\(message)"] + (shares.isEmpty ? [] : ["  " + shares.joined(separator: ", ")])
        case .aborted, .rolledBack, .expired:
            guard rollout.spec.candidates.allSatisfy({ $0.version != now.deployment?.version }) else { return [] }
            return ["\(rollout.title)\(message)"]
        case .promoted: return []
        }
    }

    private static func evidence(_ promotion: Promotion) -> [String] {
        guard let run = promotion.lastRun else { return [] }
        let champion = run.basis.champion.map { "against \($0)" } ?? "without a champion"
        var lines: [String] = []
        for report in promotion.reports {
            lines.append("gate \(report.gate) (\(report.kind.rawValue)) \(report.verdict)")
            for figure in report.figures where figure.passed != nil { lines.append("  \(figure.sentence)") }
            if let link = report.link { lines.append("  \(link)") }
        }
        if lines.isEmpty { lines = ["the policy had no gate for it"] }
        lines.append("its gates ran \(champion), under revision \(run.basis.policyRevision) of the policy")
        let approvals = promotion.life.approvals
        if approvals.isEmpty { lines.append("the policy asked for no approval") }
        return lines
            + approvals.map { approval in
                "approved by \(approval.by) on \(approval.at.day)"
                    + (approval.comment.isEmpty ? "" : ": \(approval.comment)")
            }
    }

    private func next(
        _ now: Explanation, _ facts: EndpointFacts, _ into: [PromotionView]
    ) async throws(ControlError) -> [String] {
        var lines = Self.rollout(facts, now)
        var seen: Set<Int> = []
        let reached = now.deployment?.version ?? facts.latest ?? 0
        for view in into where seen.insert(view.promotion.version).inserted {
            guard view.promotion.state.isOpen || view.promotion.version > reached else { continue }
            let full = try await promotions.show(view.promotion.number, space: now.space)
            lines += Self.blocking(full)
        }
        let flag = now.space == Space.defaultName ? "" : " --space \(now.space)"
        let isUnderWay = facts.rollout.map { $0.state.isExclusive } ?? false
        if let latest = facts.latest, latest > now.deployment?.version ?? 0, !isUnderWay {
            lines.append(
                "\(now.model):\(latest) is available here and not deployed: "
                    + "slipway deploy \(now.model):\(latest) --as \(now.endpoint)\(flag)")
        }
        guard lines.isEmpty else { return lines }
        guard let source = facts.sources.first else {
            return ["nothing newer is here: slipway model push FILE --name \(now.model)\(flag)"]
        }
        return [
            "nothing newer is on its way: "
                + "slipway promote \(now.model):VERSION --from \(source) --to \(now.space)"
        ]
    }

    private static func blocking(_ view: PromotionView) -> [String] {
        let promotion = view.promotion
        let name = "promotion \(promotion.number) of \(promotion.label) from \(promotion.source)"
        switch promotion.state {
        case .applied, .withdrawn, .superseded: return []
        case .checking: return ["\(name) is being checked: \(view.message)"]
        case .awaitingApproval:
            let who = view.approvers.isEmpty ? "" : "; \(view.approvers.joined(separator: ", ")) could give it"
            return [
                "\(name) passed its gates and \(view.message)\(who): "
                    + "slipway promotion approve \(promotion.number) --space \(promotion.target)"
            ]
        case .rejected:
            let by = promotion.steps.last?.by ?? ""
            return ["\(name) was rejected by \(by): \(promotion.life.ending)"]
        case .failed:
            let failed = promotion.reports.filter { $0.outcome == .failed || $0.outcome == .error }
            var lines: [String] = []
            for report in failed {
                lines.append("\(name) failed at the gate \(report.gate): \(report.summary)")
                // Most gates say in their summary which figures decided.
                for figure in report.figures where figure.passed == false && !report.summary.contains(figure.name) {
                    lines.append("  \(figure.sentence)")
                }
            }
            return lines.isEmpty ? ["\(name) failed: \(promotion.life.ending)"] : lines
        }
    }
}

extension Timestamp {
    /// `2026-03-01 09:30 UTC`
    var day: String {
        let text = description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }
}

/// What an explanation needs beside the deployment itself.
struct EndpointFacts: Sendable {
    /// The latest version of the model that is available in the space.
    let latest: Int?
    /// Who pushed the version that is live.
    let pushedBy: String
    /// Where the space takes versions from.
    let sources: [String]
    /// The endpoint's last revision.
    let revision: Revision?
    /// The rollout that is open, else the last one.
    let rollout: Rollout?
}

extension DeploymentService {
    func facts(
        about deployment: Deployment?, model: String, endpoint: String, space: String
    ) async throws(ControlError) -> EndpointFacts {
        try await store.read { transaction in
            let latest = try transaction.entry(
                endpoint: endpoint, space: space, model: model, number: nil,
                revision: deployment?.revision ?? 1, options: deployment?.options ?? EndpointOptions())
            return EndpointFacts(
                latest: latest?.version,
                pushedBy: try deployment.map { try transaction.pusher(of: model, version: $0.version) } ?? "",
                sources: try transaction.policy(of: space)?.promotesFrom ?? [],
                revision: try transaction.revision(
                    endpoint: endpoint, space: space, at: Timestamp(microseconds: .max)),
                rollout: try transaction.openRollout(endpoint: endpoint, space: space)
                    ?? transaction.rollout(
                        try transaction.lastRollout(endpoint: endpoint, space: space), endpoint: endpoint,
                        space: space))
        }
    }
}
