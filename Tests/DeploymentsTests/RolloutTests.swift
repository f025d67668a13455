import Governance
import Identity
import Journal
import Registry
import Runtimes
import Serving
import Store
import Tensors
import Testing

@testable import Deployments

/// Rollouts on a real data folder; the test says what the variants have done and when a second has passed.
struct RolloutTests {
    private static let canary = "{to: churn:2, steps: [1, 50, 100], hold: 3s, analysis: {minimumSamples: 10}}"

    /// A dock where `churn:1` answers at `churn`, and `churn:2` and `churn:3` are there.
    private func dock() async throws -> Dock {
        let dock = try Dock()
        for text in ["one", "two", "three"] { try await dock.push("churn", text) }
        _ = try await dock.deploy("churn", "churn", 1)
        return dock
    }

    /// A second in which both variants answered well.
    private func second(_ dock: Dock, stable: UInt64 = 50, canary: UInt64 = 50, errors: UInt64 = 0) async {
        dock.plane.serve("stable", requests: stable)
        dock.plane.serve("canary", requests: canary, errors: errors)
        await dock.rollouts.tick(milliseconds: 1000)
    }

    private func show(_ dock: Dock, _ number: Int? = nil) async throws -> Rollout {
        try await dock.rollouts.show("churn", space: "default", number: number).rollout
    }

    @Test func `a canary that does well takes over step by step, in one revision`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let started = try await dock.start("churn", Self.canary)
        #expect(started.number == 1)
        #expect(started.state == .running)
        #expect(dock.plane.shares("churn") == "stable:1=9900 canary:2=100")
        for _ in 0..<2 { await second(dock) }
        #expect(dock.plane.shares("churn") == "stable:1=9900 canary:2=100")
        await second(dock)
        #expect(dock.plane.shares("churn") == "stable:1=5000 canary:2=5000")
        #expect(try await show(dock).life.step == 1)
        for _ in 0..<3 { await second(dock) }
        #expect(dock.plane.live == ["churn=churn:2"])
        #expect(dock.plane.shares("churn") == "")
        let ended = try await show(dock)
        #expect(ended.state == .promoted)
        #expect(ended.steps.map(\.event.word) == ["requested", "began", "advanced", "promoted"])
        #expect(ended.progress.tallies["canary"]?.requests == 300)
        let history = try await dock.deployments.history("churn", space: "default")
        #expect(history.map(\.action) == [.promote, .deploy])
        #expect(history.first?.origin.rollout == 1)
        #expect(history.first?.origin.evidence.isEmpty == false)
    }

    @Test func `a canary that fails goes back by itself and keeps the evidence, without a revision`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", Self.canary)
        var seconds = 0
        while try await show(dock).state == .running, seconds < 30 {
            await second(dock, stable: 200, canary: 10, errors: 5)
            seconds += 1
        }
        let ended = try await show(dock)
        #expect(ended.state == .rolledBack)
        #expect(seconds < 10, "took \(seconds) s")
        #expect(ended.life.message.contains("errors"), "\(ended.life.message)")
        #expect(dock.plane.live == ["churn=churn:1"])
        #expect(dock.plane.shares("churn") == "")
        #expect(try await dock.deployments.history("churn", space: "default").count == 1)
    }

    @Test func `too little traffic holds and says so`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", Self.canary)
        for _ in 0..<20 { await second(dock, canary: 0) }
        let held = try await show(dock)
        #expect(held.life.step == 0)
        #expect(held.state == .running)
        #expect(held.life.message.contains("too little traffic"))
    }

    @Test func `a restart in mid-step goes on with the same weight, window and count`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", Self.canary)
        for _ in 0..<2 { await second(dock) }
        let before = try await show(dock)
        // Another process on the same folder: its counters begin at 0.
        dock.plane.forgetCounts()
        let deployments = DeploymentService(store: dock.store.deployments, plane: dock.plane)
        let rollouts = RolloutService(
            deployments: deployments, checks: SetChecks(), memberships: OpenMemberships(), clock: SystemClock())
        try await deployments.restore()
        let after = try await rollouts.show("churn", space: "default").rollout
        #expect(after == before)
        #expect(after.life.held == 2000)
        #expect(dock.plane.shares("churn") == "stable:1=9900 canary:2=100")
        dock.plane.serve("stable", requests: 3)
        dock.plane.serve("canary", requests: 2)
        await rollouts.tick(milliseconds: 1000)
        let next = try await rollouts.show("churn", space: "default").rollout
        #expect(next.progress.tallies["canary"]?.requests == 102)
        #expect(next.life.step == 1)
    }

    @Test func `what is counted twice or lost shows: counters that fall begin anew`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", "{to: 2, steps: [1, 100], hold: 1h}")
        await second(dock, stable: 10, canary: 10)
        await second(dock, stable: 5, canary: 5)
        dock.plane.forgetCounts()
        await second(dock, stable: 3, canary: 2)
        #expect(try await show(dock).progress.tallies["stable"]?.requests == 18)
        #expect(try await show(dock).progress.tallies["canary"]?.requests == 17)
    }

    @Test func `one at a time: the second rollout and every other change are refused by the first one's name`()
        async throws
    {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", Self.canary)
        let name = "rollout 1 (canary to churn:2, running)"
        let attempts: [() async throws -> Void] = [
            { _ = try await dock.start("churn", "to: 3") },
            { _ = try await dock.deploy("churn", "churn", 3) },
            { try await dock.deployments.delete("churn", space: "default", principal: .local) },
            {
                try await dock.deployments.setLoaded(
                    false, endpoint: "churn", space: "default", principal: .local)
            },
        ]
        for attempt in attempts {
            let error = await controlError { try await attempt() }
            #expect(error?.code == .conflict)
            #expect(error?.message.contains(name) == true, "\(error?.message ?? "taken")")
        }
        #expect(dock.plane.shares("churn") == "stable:1=9900 canary:2=100")
        // Neither side's version can be deleted.
        let registry = RegistryService(
            store: dock.store.registry, artifacts: dock.store.artifacts, checker: NoChecker())
        for version in [1, 2] {
            let error = await controlError {
                _ = try await registry.delete(
                    "churn", number: version, space: "default", principal: .local)
            }
            #expect(error?.code == .conflict)
            #expect(error?.message.contains("rollout 1 of endpoint 'churn' is open") == true)
        }
    }

    @Test func `what cannot begin is refused and changes nothing`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let generation = try await dock.store.generation()
        let refusals: [(String, ControlError.Code, String)] = [
            ("to: 1", .conflict, "serves at 'churn' already"),
            ("to: other:2", .conflict, "serves the model 'churn'"), ("to: 9", .notFound, "churn:9"),
            ("{to: 2, sticky: {input: user}}", .invalid, "no input 'user'"),
        ]
        for (yaml, code, words) in refusals {
            let error = await controlError { _ = try await dock.start("churn", yaml) }
            #expect(error?.code == code, "\(yaml): \(error?.message ?? "taken")")
            #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        }
        #expect(await controlError { _ = try await dock.start("nowhere", "to: 2") }?.code == .notFound)
        dock.plane.refuse(version: 2, ModelLoadError(.crashed, "it died"))
        #expect(await controlError { _ = try await dock.start("churn", "to: 2") }?.code == .loadFailed)
        dock.plane.refuse(version: 2, nil)
        dock.plane.refuse(version: 1, ModelLoadError(.fileMissing, "a file is gone"))
        let error = await controlError { _ = try await dock.start("churn", "to: 2") }
        #expect(error?.code == .refused)
        #expect(error?.message.contains("no way back") == true)
        #expect(try await dock.store.generation() == generation)
        #expect(dock.plane.shares("churn") == "")
    }

    @Test func `by hand: pause, resume, promote, abort`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", Self.canary)
        let paused = try await dock.rollouts.pause("churn", space: "default", reason: "lunch", principal: .local)
        #expect(paused.state == .paused)
        for _ in 0..<5 { await second(dock) }
        #expect(dock.plane.shares("churn") == "stable:1=9900 canary:2=100")
        _ = try await dock.rollouts.resume("churn", space: "default", principal: .local)
        let aborted = try await dock.rollouts.abort("churn", space: "default", reason: "no", principal: .local)
        #expect(aborted.state == .aborted)
        #expect(dock.plane.shares("churn") == "")
        #expect(
            await controlError { _ = try await dock.rollouts.resume("churn", space: "default", principal: .local) }?
                .code == .notFound)
        let again = try await dock.start("churn", Self.canary)
        #expect(again.number == 2)
        let promoted = try await dock.rollouts.promote(
            "churn", space: "default", reason: "known good", principal: .local)
        #expect(promoted.state == .promoted)
        #expect(dock.plane.live == ["churn=churn:2"])
        #expect(promoted.life.message.contains("promoted by local: known good"))
    }

    @Test func `the same key twice starts one rollout`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let first = try await dock.start("churn", Self.canary, key: "k")
        let again = try await dock.start("churn", Self.canary, key: "k")
        #expect(first.number == again.number)
        #expect(try await dock.rollouts.list(RolloutFilter(space: "default")).items.count == 1)
    }

    @Test func `a check that fails goes back, one that does not answer holds`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let yaml = """
            {to: 2, steps: [1, 50], hold: 1s, analysis: {minimumSamples: 1, checkFailures: 1},
             checks: [{name: smoke, webhook: "http://localhost/", every: 1s}]}
            """
        _ = try await dock.start("churn", yaml)
        for _ in 0..<3 { await second(dock) }
        #expect(try await show(dock).life.step == 0)
        dock.checks.set("smoke", .failed)
        for _ in 0..<2000 where try await show(dock).state == .running {
            await second(dock)
            try await Task.sleep(for: .milliseconds(5))
        }
        let ended = try await show(dock)
        #expect(ended.state == .rolledBack)
        #expect(ended.life.message.contains("smoke"))
        #expect(dock.checks.asked.first?.candidateVersion == 2)
    }

    @Test func `A/B shares by weight until somebody decides, and goes back on a failure`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start(
            "churn",
            "{strategy: ab, variants: [{name: small, to: 2, weight: 30}, {name: large, to: 3, weight: 20}]}")
        #expect(dock.plane.shares("churn") == "stable:1=5000 small:2=3000 large:3=2000")
        for _ in 0..<50 { await second(dock) }
        #expect(try await show(dock).state == .running)
        let error = await controlError {
            _ = try await dock.rollouts.promote("churn", space: "default", principal: .local)
        }
        #expect(error?.field == "variant")
        _ = try await dock.rollouts.promote("churn", space: "default", variant: "large", principal: .local)
        #expect(dock.plane.live == ["churn=churn:3"])
    }

    @Test func `a shadow gets no traffic`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", "{to: 2, strategy: shadow, shadow: {share: 10}}")
        #expect(dock.plane.shares("churn") == "stable:1=10000 shadow:2=0")
        #expect(dock.plane.installed.last?.endpoints.first?.traffic?.shadow?.share == 1000)
    }

    @Test func `a version that does not load any more when its turn comes ends the rollout`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", Self.canary)
        for _ in 0..<2 { await second(dock) }
        dock.plane.refuse(version: 2, ModelLoadError(.fileMissing, "a file is gone"))
        await second(dock)
        let ended = try await show(dock)
        #expect(ended.state == .rolledBack)
        #expect(ended.life.message.contains("a file is gone"))
        #expect(dock.plane.shares("churn") == "")
    }
}

private struct NoChecker: ModelChecking {
    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription {
        throw ModelLoadError(.crashed, "not asked here")
    }
}
