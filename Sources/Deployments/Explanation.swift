package import Governance
package import Journal
import Serving

/// Why an endpoint serves what it serves, and what stands between it and the next version, in plain sentences.
package struct Explanation: Sendable, Hashable {
    package var deployment: Deployment
    package var live: [String]
    /// The promotion that brought the version into the space.
    package var promotion: PromotionView?
    package var next: [String]
}

/// Puts together what Deployments and Governance know of an endpoint.
package struct Explanations: Sendable {
    private let deployments: DeploymentService
    private let promotions: PromotionService

    package init(deployments: DeploymentService, promotions: PromotionService) {
        self.deployments = deployments
        self.promotions = promotions
    }

    /// `notFound` where nothing is deployed at the endpoint.
    package func explain(_ endpoint: String, space: String) async throws(ControlError) -> Explanation {
        let deployment = try await deployments.show(endpoint, space: space)
        let facts = try await deployments.facts(about: deployment)
        let into = try await promotions.list(
            PromotionFilter(space: space, model: deployment.model), limit: PageLimit.maximum
        ).items.filter { $0.promotion.target == space && $0.promotion.hasTarget }
        let brought = into.first {
            $0.promotion.version == deployment.version && $0.promotion.state == .applied
        }
        return Explanation(
            deployment: deployment, live: Self.live(deployment, facts, brought?.promotion), promotion: brought,
            next: try await next(deployment, facts, into))
    }

    private static func live(_ deployment: Deployment, _ facts: EndpointFacts, _ promotion: Promotion?) -> [String] {
        let label = "\(deployment.model):\(deployment.version)"
        let reason = deployment.reason.isEmpty ? "" : ": \(deployment.reason)"
        var lines = [
            "\(label) is live at '\(deployment.endpoint)' in \(deployment.space) since \(deployment.updatedAt.day), "
                + "deployed by \(deployment.updatedBy) as revision \(deployment.revision)\(reason)"
        ]
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
        _ deployment: Deployment, _ facts: EndpointFacts, _ into: [PromotionView]
    ) async throws(ControlError) -> [String] {
        var lines: [String] = []
        var seen: Set<Int> = []
        for view in into where seen.insert(view.promotion.version).inserted {
            guard view.promotion.state.isOpen || view.promotion.version > deployment.version else { continue }
            let full = try await promotions.show(view.promotion.number, space: deployment.space)
            lines += Self.blocking(full)
        }
        let flag = deployment.space == Space.defaultName ? "" : " --space \(deployment.space)"
        if let latest = facts.latest, latest > deployment.version {
            lines.append(
                "\(deployment.model):\(latest) is available here and not deployed: "
                    + "slipway deploy \(deployment.model):\(latest) --as \(deployment.endpoint)\(flag)")
        }
        guard lines.isEmpty else { return lines }
        guard let source = facts.sources.first else {
            return ["nothing newer is here: slipway model push FILE --name \(deployment.model)\(flag)"]
        }
        return [
            "nothing newer is on its way: "
                + "slipway promote \(deployment.model):VERSION --from \(source) --to \(deployment.space)"
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
                for figure in report.figures where figure.passed == false { lines.append("  \(figure.sentence)") }
            }
            return lines.isEmpty ? ["\(name) failed: \(promotion.life.ending)"] : lines
        }
    }
}

extension Timestamp {
    /// `2026-03-01 09:30 UTC`
    fileprivate var day: String {
        let text = description
        return "\(text.prefix(10)) \(text.dropFirst(11).prefix(5)) UTC"
    }
}

/// What an explanation needs beside the deployment itself.
struct EndpointFacts: Sendable {
    /// The latest version of the model that is available in the space.
    let latest: Int?
    let pushedBy: String
    /// Where the space takes versions from.
    let sources: [String]
}

extension DeploymentService {
    func facts(about deployment: Deployment) async throws(ControlError) -> EndpointFacts {
        try await store.read { transaction in
            let latest = try transaction.entry(
                endpoint: deployment.endpoint, space: deployment.space, model: deployment.model, number: nil,
                revision: deployment.revision, options: deployment.options)
            return EndpointFacts(
                latest: latest?.version,
                pushedBy: try transaction.pusher(of: deployment.model, version: deployment.version),
                sources: try transaction.policy(of: deployment.space)?.promotesFrom ?? [])
        }
    }
}
