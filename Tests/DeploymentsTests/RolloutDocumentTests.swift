import Documents
import Governance
import Journal
import Serving
import Testing

@testable import Deployments

struct RolloutDocumentTests {
    private func draft(_ yaml: String) throws(ControlError) -> RolloutDraft {
        try RolloutDraft(document: DocumentText.value(yaml: yaml, what: "rollout"))
    }

    @Test func `a canary by its least has the usual steps`() throws {
        let draft = try draft("to: churn:2")
        #expect(draft.strategy == .canary)
        #expect(draft.candidates.map(\.version) == [2])
        #expect(draft.candidates.first?.model == "churn")
        #expect(draft.steps.map(\.weight) == [100, 500, 2500, 5000])
        #expect(Set(draft.steps.map(\.holdSeconds)) == [120])
        #expect(draft.promotesItself)
    }

    @Test func `everything that can be said of a canary`() throws {
        let draft = try draft(
            """
            to: 3
            strategy: canary
            steps: [0.5, {weight: 10, hold: 1h}, 50]
            hold: 90s
            sticky: {header: X-User}
            header: X-Variant
            analysis: {alpha: 0.05, minimumSamples: 7, maxP99Ratio: 2}
            checks:
              - {name: rate, prometheus: "http://localhost:9090/", query: "1 - x", max: 0.1, every: 5s, timeout: 2s}
              - {name: smoke, webhook: "https://ci.example/hook"}
            expires: 1d
            reason: better
            """)
        #expect(
            draft.steps == [
                RolloutStep(weight: 50, holdSeconds: 90), RolloutStep(weight: 1000, holdSeconds: 3600),
                RolloutStep(weight: 5000, holdSeconds: 90),
            ])
        #expect(!draft.promotesItself)
        #expect(draft.sticky == .header("x-user"))
        #expect(draft.variantHeader == "x-variant")
        #expect(draft.analysis.alpha == 0.05)
        #expect(draft.analysis.minimumSamples == 7)
        #expect(draft.analysis.maxP99Ratio == 2)
        #expect(draft.analysis.maxP50Ratio == AnalysisSettings().maxP50Ratio)
        #expect(draft.checks.map(\.name) == ["rate", "smoke"])
        #expect(draft.checks.first?.everySeconds == 5)
        #expect(draft.expiresSeconds == 86_400)
        #expect(draft.reason == "better")
    }

    @Test func `A/B by weights, a shadow with tolerances, a switch with its watch`() throws {
        let ab = try draft(
            """
            strategy: ab
            variants: [{name: small, to: churn:2, weight: 30}, {name: large, to: churn:3, weight: 20}]
            sticky: {input: user}
            """)
        #expect(ab.candidates.map(\.variant) == ["small", "large"])
        #expect(ab.spec(options: EndpointOptions()).weights(step: 0) == [3000, 2000])
        let shadow = try draft(
            "{to: 2, strategy: shadow, shadow: {share: 20, queue: 9, relative: 0.01, segment: region, "
                + "outputs: {label: {absolute: 0}}}}")
        #expect(shadow.shadow?.share == 2000)
        #expect(shadow.shadow?.tolerance == ShadowPlan.Tolerance(relative: 0.01, absolute: 0))
        #expect(shadow.shadow?.tolerances["label"] == ShadowPlan.Tolerance(relative: 0, absolute: 0))
        #expect(shadow.shadow?.variant == "shadow")
        let switched = try draft("{to: 2, strategy: blue-green, watch: 5m, maxErrorRate: 0.01}")
        #expect(switched.watchSeconds == 300)
        #expect(switched.watchErrorRate == 0.01)
    }

    @Test(arguments: [
        ("strategy: canary", "to"), ("to: churn", "to"), ("to: 0", "to"), ("to: [1]", "to"),
        ("{to: 2, strategy: cannary}", "strategy"),
        ("{to: 2, steps: [5, 1, 100]}", "steps[1]"), ("{to: 2, steps: [0]}", "steps[0]"),
        ("{to: 2, steps: [101]}", "steps[0]"), ("{to: 2, steps: [100]}", "steps"), ("{to: 2, steps: []}", "steps"),
        ("{to: 2, steps: [0.001]}", "steps[0]"), ("{to: 2, steps: [1.234]}", "steps[0]"),
        ("{to: 2, hold: soon}", "hold"), ("{to: 2, hold: 0}", "hold"), ("{to: 2, hold: -1s}", "hold"),
        ("{to: 2, hold: 9999999999999999999d}", "hold"),
        ("{to: 2, sticky: {}}", "sticky"), ("{to: 2, sticky: {header: a, input: b}}", "sticky"),
        ("{to: 2, sticky: {header: 'a b'}}", "sticky.header"), ("{to: 2, header: ''}", "header"),
        ("{to: 2, metrics: [{name: a, role: guardrail}]}", "metrics[0].role"),
        ("{to: 2, metrics: [{name: a}, {name: b}, {name: c}, {name: d}, {name: e}]}", "metrics"),
        ("{to: 2, metrics: [{name: a}], analysis: {maxQualityLossIncrease: null}}", "metrics"),
        ("{to: 2, analysis: {alfa: 0.1}}", "analysis.alfa"), ("{to: 2, analysis: {alpha: 3}}", "analysis.alpha"),
        ("{to: 2, checks: [{name: a}]}", "checks[0].prometheus"),
        ("{to: 2, checks: [{name: a, webhook: 'file:///etc/passwd'}]}", "checks[0].webhook"),
        ("{to: 2, checks: [{name: a, webhook: 'http://user@h/'}]}", "checks[0].webhook"),
        ("{to: 2, checks: [{name: a, prometheus: 'http://h', query: x}]}", "checks[0].max"),
        ("{to: 2, checks: [{name: a, webhook: 'http://h/'}, {name: a, webhook: 'http://h/'}]}", "checks[1].name"),
        ("{to: 2, stepps: [1]}", "stepps"),
        // What belongs to another strategy is refused, never ignored.
        ("{to: 2, watch: 1m}", "watch"), ("{to: 2, strategy: blue-green, steps: [1, 100]}", "steps"),
        ("{to: 2, strategy: blue-green, analysis: {alpha: 0.1}}", "analysis"),
        ("{to: 2, strategy: shadow, sticky: {header: a}}", "sticky"), ("{to: 2, shadow: {share: 1}}", "shadow"),
        ("{to: 2, strategy: ab, steps: [1]}", "steps"), ("{to: 2, variants: []}", "variants"),
        ("{strategy: ab, variants: []}", "variants"),
        ("{strategy: ab, variants: [{name: stable, to: 2, weight: 1}]}", "variants[0].name"),
        ("{strategy: ab, variants: [{name: '7', to: 2, weight: 1}]}", "variants[0].name"),
        ("{strategy: ab, variants: [{name: a, to: 2}]}", "variants[0].weight"),
        ("{strategy: ab, variants: [{name: a, to: 2, weight: 60}, {name: b, to: 3, weight: 60}]}", "variants"),
        ("{strategy: ab, variants: [{name: a, to: 2, weight: 6}, {name: b, to: 2, weight: 6}]}", "variants[1].name"),
        ("{to: 2, strategy: shadow, shadow: {relative: -1}}", "shadow.relative"),
    ])
    func `what cannot work is refused by the name of its field`(yaml: String, field: String) {
        do {
            _ = try draft(yaml)
            Issue.record("taken: \(yaml)")
        } catch {
            #expect(error.code == .invalid)
            #expect(error.field == field, "\(error.message)")
        }
    }
}
