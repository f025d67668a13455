import Documents
import Governance
import Journal

extension ExperimentMetric {
    /// Metrics of one rollout at most.
    static let maximum = 20

    /// `[{name: bought}, {name: returned, better: lower, role: guardrail, margin: 0.01}]`
    static func list(_ fields: inout DocumentFields) throws(ControlError) -> [ExperimentMetric]? {
        guard let items = try fields.list("metrics", atMost: maximum) else { return nil }
        var metrics: [ExperimentMetric] = []
        for item in items {
            var inner = try DocumentFields(item, at: "metrics[\(metrics.count)]")
            var metric = ExperimentMetric(name: try inner.required("name"))
            try Name.validate(metric.name, field: inner.place("name"))
            guard !metrics.contains(where: { $0.name == metric.name }) else {
                throw inner.refusal("name", "is there twice")
            }
            if let word = try inner.word("better", among: Direction.allCases.map(\.rawValue)) {
                metric.better = Direction(rawValue: word) ?? metric.better
            }
            if let word = try inner.word("role", among: Role.allCases.map(\.rawValue)) {
                metric.role = Role(rawValue: word) ?? metric.role
            }
            if let margin = try inner.number("margin") {
                guard metric.role == .guardrail else {
                    throw inner.refusal("margin", "is for guardrails", hint: "a goal is better or worse by any amount")
                }
                guard margin >= 0, margin <= 1e12 else {
                    throw inner.refusal("margin", "is \(margin)", hint: "0 or more")
                }
                metric.margin = margin
            }
            try inner.finish()
            metrics.append(metric)
        }
        return metrics
    }

    /// `[{name: wrong, better: lower}]`: what a canary's quality is compared by. Its limit is the analysis'.
    static func qualities(_ fields: inout DocumentFields) throws(ControlError) -> [ExperimentMetric]? {
        guard let metrics = try list(&fields) else { return nil }
        guard metrics.count <= MetricTests.mostNamed else {
            throw ControlError(
                .invalid, "'metrics' has \(metrics.count) entries", field: "metrics",
                hint: "a canary is judged by \(MetricTests.mostNamed) at most")
        }
        for (index, metric) in metrics.enumerated() where metric.role == .guardrail {
            throw ControlError(
                .invalid, "'metrics[\(index)].role' is for A/B rollouts: each metric guards a canary",
                field: "metrics[\(index)].role",
                hint: "how much worse it may be is 'analysis.maxQualityLossIncrease'")
        }
        return metrics
    }
}
