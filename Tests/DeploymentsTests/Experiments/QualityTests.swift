import Governance
import Journal
import Serving
import Store
import Testing

@testable import Deployments

/// Canaries that are judged by what came of their predictions.
struct QualityTests {
    private static let canary = """
        to: 2
        steps: [10, 50]
        hold: 1s
        sticky: {header: x-user}
        analysis: {minimumSamples: 10, minimumOutcomes: 20}
        metrics: [{name: wrong, better: lower}, {name: useful}]
        """

    private func dock(_ yaml: String = Self.canary) async throws -> Dock {
        let dock = try Dock()
        for text in ["one", "two"] { try await dock.push("churn", text) }
        _ = try await dock.deploy("churn", "churn", 1)
        _ = try await dock.start("churn", yaml)
        return dock
    }

    /// A second in which both answer `count` requests, and what came of each is told.
    private func second(_ dock: Dock, _ name: String, count: Int = 40, wrong: Double, useful: Double = 0.5) async throws
    {
        dock.plane.serve("stable", requests: UInt64(count))
        dock.plane.serve("canary", requests: UInt64(count))
        var outcomes: [Outcome] = []
        for index in 0..<count {
            for variant in ["stable", "canary"] {
                let id = "\(name) \(variant) \(index)"
                dock.plane.answer(id, by: variant)
                let values = variant == "canary" ? ["wrong": wrong, "useful": useful] : ["wrong": 0.1, "useful": 0.5]
                outcomes.append(Outcome(subject: .prediction(id), values: values))
            }
        }
        _ = try await tell(dock, outcomes)
        await dock.rollouts.tick(milliseconds: 1000)
    }

    private func tell(_ dock: Dock, _ outcomes: [Outcome]) async throws -> OutcomeReceipt {
        try await dock.rollouts.tell(outcomes, of: "churn", space: "default", principal: .local)
    }

    private func show(_ dock: Dock) async throws -> Rollout {
        try await dock.rollouts.show("churn", space: "default").rollout
    }

    private func metric(_ name: String, _ dock: Dock) async throws -> AnalysisReport.Metric? {
        try await show(dock).progress.analyses["canary"]?.report.metrics.first { $0.name == name }
    }

    @Test func `a canary that is wrong more often is rolled back, with the quality as the evidence`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        for second in 0..<30 where try await show(dock).state == .running {
            try await self.second(dock, "\(second)", wrong: 0.5)
        }
        let ended = try await show(dock)
        #expect(ended.state == .rolledBack)
        #expect(ended.life.message.contains("quality wrong: the canary's mean loss is 0.5, stable's 0.1"))
    }

    @Test func `where more is better, less is a loss`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        for second in 0..<30 where try await show(dock).state == .running {
            try await self.second(dock, "\(second)", wrong: 0.1, useful: 0.1)
        }
        let message = try await show(dock).life.message
        #expect(message.contains("quality useful: the canary's mean loss is 0.9, stable's 0.5"))
    }

    @Test func `a canary that is as often right goes on, and not before enough truths have come back`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        for _ in 0..<3 {
            dock.plane.serve("stable", requests: 50)
            dock.plane.serve("canary", requests: 50)
            await dock.rollouts.tick(milliseconds: 1000)
        }
        #expect(try await show(dock).life.step == 0)
        #expect(try await show(dock).life.message.contains("too few truths have come back"))
        try await second(dock, "told", wrong: 0.1)
        #expect(try await show(dock).life.step == 1)
    }

    @Test func `what was told before a restart is known after it`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        try await second(dock, "told", count: 19, wrong: 0.2)
        let before = try #require(try await metric("quality wrong", dock))
        #expect((before.canarySamples, before.stableSamples) == (19, 19))
        let rollouts = RolloutService(
            deployments: DeploymentService(store: dock.store.deployments, plane: dock.plane), checks: SetChecks(),
            memberships: OpenMemberships(), clock: SystemClock())
        let rollout = try await rollouts.show("churn", space: "default").rollout
        #expect(rollout.progress.analyses["canary"]?.report.metrics.contains(before) == true)
    }

    @Test func `told again for the same prediction, the first truth counts`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        dock.plane.answer("a", by: "canary")
        for wrong in [1.0, 0, 0] {
            _ = try await tell(dock, [Outcome(subject: .prediction("a"), values: ["wrong": wrong])])
        }
        await dock.rollouts.tick(milliseconds: 1000)
        let metric = try #require(try await metric("quality wrong", dock))
        #expect(metric.canarySamples == 1)
        #expect(metric.canary == 1)
    }

    @Test func `a key counts for the variant that it has had since the first step, and for none if it came later`()
        async throws
    {
        let dock = try await dock()
        defer { dock.remove() }
        try await second(dock, "first", wrong: 0.1)
        let rollout = try await show(dock)
        #expect(rollout.life.step == 1)
        let keys = (0..<200).map { "user-\($0)" }
        let moved = keys.count { rollout.variant(ofKey: $0, step: 0) != rollout.variant(ofKey: $0, step: 1) }
        #expect((50..<110).contains(moved))
        let receipt = try await tell(dock, keys.map { Outcome(subject: .key($0), values: ["wrong": 0]) })
        #expect((receipt.accepted, receipt.unknown) == (200 - moved, moved))
    }

    @Test(arguments: [
        (["wrong": 1.5], "outcomes[0].values.wrong"), (["wrong": -0.1], "outcomes[0].values.wrong"),
        (["bought": 1], "outcomes[0].values.bought"),
    ])
    func `what a canary cannot be judged by is refused by its field`(
        values: [String: Double], field: String
    ) async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let error = await controlError {
            _ = try await tell(dock, [Outcome(subject: .prediction("a"), values: values)])
        }
        #expect(error?.code == .invalid)
        #expect(error?.field == field)
    }

    @Test func `a canary without metrics takes no outcomes and says who does`() async throws {
        let dock = try await dock("to: 2")
        defer { dock.remove() }
        let error = await controlError {
            _ = try await tell(dock, [Outcome(subject: .prediction("a"), values: ["wrong": 1])])
        }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("canaries with 'metrics'") == true)
    }
}
