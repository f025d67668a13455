import Journal
import Serving
import Testing

@testable import Deployments

/// Candidates that do not run at all: no sample is too small for that.
struct RolloutFaultTests {
    private func dock(_ yaml: String) async throws -> Dock {
        let dock = try Dock()
        for text in ["one", "two", "three"] { try await dock.push("churn", text) }
        _ = try await dock.deploy("churn", "churn", 1)
        _ = try await dock.start("churn", yaml)
        return dock
    }

    private func show(_ dock: Dock) async throws -> Rollout {
        try await dock.rollouts.show("churn", space: "default").rollout
    }

    private func crash(_ variant: String, of rollout: Int = 1, at: Timestamp) -> VariantFault {
        VariantFault(variant: variant, rollout: rollout, cause: .crash(at: at), sentence: "it brought the server down")
    }

    private func suspended(_ variant: String) -> VariantFault {
        VariantFault(variant: variant, rollout: 1, cause: .suspended, sentence: "\(variant) does not run")
    }

    @Test(arguments: ["to: 2", "{to: 2, strategy: shadow}", "{to: 2, strategy: ab}"])
    func `a candidate that brought the server down is rolled back with that as the evidence`(yaml: String) async throws
    {
        let dock = try await dock(yaml)
        defer { dock.remove() }
        let variant = try await show(dock).spec.candidates[0].variant
        dock.plane.fail(crash(variant, at: try await show(dock).requestedAt))
        await dock.rollouts.tick(milliseconds: 1000)
        let ended = try await dock.rollouts.show("churn", space: "default")
        #expect(ended.rollout.state == .rolledBack)
        #expect(ended.rollout.life.message == "it brought the server down")
        #expect((ended.verdict, ended.sentence) == (.fail, "it brought the server down"))
        #expect(dock.plane.shares("churn") == "")
        #expect(dock.plane.live == ["churn=churn:1"])
    }

    @Test func `a paused rollout is rolled back for it too`() async throws {
        let dock = try await dock("to: 2")
        defer { dock.remove() }
        _ = try await dock.rollouts.pause("churn", space: "default", principal: .local)
        dock.plane.fail(crash("canary", at: try await show(dock).requestedAt))
        await dock.rollouts.tick(milliseconds: 1000)
        #expect(try await show(dock).state == .rolledBack)
    }

    @Test func `a version that brings the server down after the switch is taken back by a revision`() async throws {
        let dock = try await dock("{to: 2, strategy: blue-green}")
        defer { dock.remove() }
        dock.plane.fail(crash("stable", at: try await show(dock).requestedAt))
        await dock.rollouts.tick(milliseconds: 1000)
        #expect(dock.plane.live == ["churn=churn:1"])
        let last = try await dock.deployments.history("churn", space: "default").first
        #expect(last?.origin.evidence == "it brought the server down")
    }

    @Test func `what is no fault of the candidate in this rollout ends nothing`() async throws {
        let dock = try await dock("to: 2")
        defer { dock.remove() }
        let began = try await show(dock).requestedAt
        // Of the version that serves; of an earlier rollout; before this one began.
        dock.plane.fail(crash("stable", at: began))
        dock.plane.fail(crash("canary", of: 7, at: began))
        dock.plane.fail(crash("canary", at: Timestamp(microseconds: began.microseconds - 1_000_000)))
        await dock.rollouts.tick(milliseconds: 1000)
        #expect(try await show(dock).state == .running)
    }

    @Test func `a candidate whose worker keeps dying is rolled back, unless stable's does too`() async throws {
        let dock = try await dock("to: 2")
        defer { dock.remove() }
        dock.plane.fail(suspended("canary"))
        dock.plane.fail(suspended("stable"))
        await dock.rollouts.tick(milliseconds: 1000)
        #expect(try await show(dock).state == .running)
        dock.plane.mend("stable")
        await dock.rollouts.tick(milliseconds: 1000)
        #expect(try await show(dock).state == .rolledBack)
        #expect(try await show(dock).life.message == "canary does not run")
    }
}
