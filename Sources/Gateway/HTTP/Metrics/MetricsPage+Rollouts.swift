import Serving

/// Of endpoints with an open rollout only: who gets how much, and what becomes of it.
extension MetricsPage {
    private typealias Variant = (labels: String, arm: TrafficArm, weight: Int, counts: ArmCounts)

    mutating func rollouts(_ endpoints: [Endpoint]) {
        let routers = endpoints.compactMap(\.traffic)
        guard !routers.isEmpty else { return }
        let variants = routers.flatMap(Self.variants)
        let weight = "slipway_variant_weight"
        head(weight, "gauge", "Share of the requests that a variant of an open rollout is to get, 0 to 1")
        for variant in variants {
            line(weight, variant.labels, "\(Double(variant.weight) / Double(TrafficPlan.whole))")
        }
        counter("requests", "Requests that a variant got by its weight", variants, \.requests)
        counter("errors", "Of those, the ones that failed by no fault of the caller", variants, \.errors)
        counter("nonfinite", "Of those, the ones answered with a NaN or an infinity", variants, \.nonFinite)
        shadows(routers)
    }

    private static func variants(_ router: TrafficRouter) -> [Variant] {
        zip(router.arms, router.plan.targets).map { arm, target in
            (
                labels: labels(arm.endpoint) + ",rollout=\"\(router.plan.rollout)\",variant=\"\(arm.variant)\"",
                arm: arm,
                weight: target.weight, counts: arm.counts
            )
        }
    }

    private mutating func counter(
        _ what: String, _ help: String, _ variants: [Variant], _ count: (ArmCounts) -> UInt64
    ) {
        let name = "slipway_variant_\(what)_total"
        head(name, "counter", help)
        for variant in variants { line(name, variant.labels, String(count(variant.counts))) }
    }

    private mutating func shadows(_ routers: [TrafficRouter]) {
        let shadows = routers.compactMap { router in
            router.shadowReading.map { (labels: router.shadowLabels, reading: $0) }
        }
        guard !shadows.isEmpty else { return }
        for (name, help, count) in [
            ("mirrored", "Requests that a shadow candidate was to see too", \ShadowReading.mirrored),
            ("dropped", "Of those, the ones that found its queue full or its model not in memory", \.dropped),
            ("errors", "Of those, the ones that it failed to answer", \.errors),
            ("rows", "Rows that both have answered", \.compared.rows),
            ("rows_apart", "Of those, the ones with answers apart by more than their tolerance", \.compared.rowsApart),
        ] {
            head("slipway_shadow_\(name)_total", "counter", help)
            for shadow in shadows {
                line("slipway_shadow_\(name)_total", shadow.labels, String(shadow.reading[keyPath: count]))
            }
        }
    }
}

extension TrafficRouter {
    fileprivate var shadowLabels: String {
        guard let primary = arms.first?.endpoint.entry else { return "" }
        return "space=\"\(primary.space)\",endpoint=\"\(primary.name)\",rollout=\"\(plan.rollout)\",variant=\""
            + "\(plan.shadow?.variant ?? "")\""
    }
}
