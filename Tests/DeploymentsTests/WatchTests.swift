import Governance
import Identity
import Journal
import Runtimes
import Serving
import Testing

@testable import Deployments

/// Deploys over what serves: the watch, the return, rollbacks, and what a policy has to say.
struct WatchTests {
    private func dock() async throws -> Dock {
        let dock = try Dock()
        for text in ["one", "two", "three"] { try await dock.push("churn", text) }
        _ = try await dock.deploy("churn", "churn", 1)
        return dock
    }

    private func history(_ dock: Dock) async throws -> [Revision] {
        try await dock.deployments.history("churn", space: "default")
    }

    @Test func `the first deploy is not watched, the next one is, and settles`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        #expect(dock.plane.shares("churn") == "")
        _ = try await dock.deploy("churn", "churn", 2, watch: 3)
        #expect(dock.plane.shares("churn") == "stable:2=10000")
        let open = try await dock.rollouts.show("churn", space: "default").rollout
        #expect(open.state == .watching)
        #expect(open.spec.strategy == .blueGreen)
        #expect(open.origin.version == 1)
        for _ in 0..<3 {
            dock.plane.serve("stable", requests: 100)
            await dock.rollouts.tick(milliseconds: 1000)
        }
        #expect(try await dock.rollouts.show("churn", space: "default").rollout.state == .promoted)
        #expect(dock.plane.shares("churn") == "")
        #expect(dock.plane.live == ["churn=churn:2"])
    }

    @Test func `a version that fails within the watch is taken back, by a revision that says why`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let options = EndpointOptions(queueLimit: 7)
        _ = try await dock.deploy("churn", "churn", 2, options: options)
        dock.plane.serve("stable", requests: 100, errors: 60)
        await dock.rollouts.tick(milliseconds: 1000)
        #expect(dock.plane.live == ["churn=churn:1"])
        let last = try #require(try await history(dock).first)
        #expect(last.action == .rollback)
        #expect(last.createdBy == "server")
        #expect(last.origin.equals == 1)
        #expect(last.options == EndpointOptions())
        #expect(last.origin.evidence == "60 of 100 requests failed since the switch, at most 5.0% may")
        #expect(try await dock.rollouts.show("churn", space: "default").rollout.state == .rolledBack)
    }

    @Test func `a watch of 0 is none, and a change by hand ends one`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.deploy("churn", "churn", 2, watch: 0)
        #expect(try await dock.rollouts.list(RolloutFilter(space: "default")).items.isEmpty)
        _ = try await dock.deploy("churn", "churn", 3)
        _ = try await dock.deploy("churn", "churn", 2)
        let all = try await dock.rollouts.list(RolloutFilter(space: "default")).items.map(\.rollout)
        #expect(all.map(\.number) == [2, 1])
        #expect(all.map(\.state) == [.watching, .promoted])
        #expect(all.last?.life.message == "churn:2 was deployed")
        try await dock.deployments.delete("churn", space: "default", principal: .local)
        #expect(try await dock.rollouts.list(RolloutFilter(space: "default", onlyOpen: true)).items.isEmpty)
    }

    @Test func `a rollback goes where it came from, there and back, and to any revision`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let none = await controlError {
            _ = try await dock.deployments.rollBack("churn", space: "default", principal: .local)
        }
        #expect(none?.message.contains("nothing to roll back to") == true)
        _ = try await dock.deploy("churn", "churn", 2, watch: 0)
        _ = try await dock.deploy("churn", "churn", 3, watch: 0)
        let back = try await dock.deployments.rollBack(
            "churn", space: "default", reason: "too slow", principal: .local)
        #expect(back.version == 2)
        #expect(back.revision == 4)
        #expect(dock.plane.live == ["churn=churn:2"])
        let forth = try await dock.deployments.rollBack("churn", space: "default", principal: .local)
        #expect(forth.version == 3)
        let first = try await dock.deployments.rollBack("churn", space: "default", to: 1, principal: .local)
        #expect(first.version == 1)
        #expect(try await history(dock).map(\.origin.equals) == [1, 3, 2, nil, nil, nil])
        let same = try await dock.deployments.rollBack("churn", space: "default", to: 1, principal: .local)
        #expect(same.isUnchanged)
        let gone = await controlError {
            _ = try await dock.deployments.rollBack("churn", space: "default", to: 99, principal: .local)
        }
        #expect(gone?.code == .notFound)
    }

    @Test func `a rollback ends the rollout that is open`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", "to: 2")
        let now = try await dock.deployments.rollBack("churn", space: "default", principal: .local)
        #expect(now.isUnchanged)
        #expect(dock.plane.shares("churn") == "")
        #expect(try await dock.rollouts.show("churn", space: "default").rollout.state == .rolledBack)
        _ = try await dock.deploy("churn", "churn", 2)
        let back = try await dock.deployments.rollBack("churn", space: "default", principal: .local)
        #expect(back.version == 1)
        #expect(dock.plane.shares("churn") == "")
    }

    @Test func `what was live at a moment, rollouts included`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        func live(_ time: Timestamp) async throws -> LiveRecord {
            try await dock.rollouts.live("churn", space: "default", at: time)
        }
        let first = dock.rollouts.now
        let rollout = try await dock.start("churn", "{to: 2, steps: [10, 100]}")
        let during = dock.rollouts.now
        _ = try await dock.rollouts.promote("churn", space: "default", principal: .local)
        let after = dock.rollouts.now
        #expect(try await live(Timestamp(microseconds: 0)).revision == nil)
        #expect(try await live(first).revision?.version == 1)
        #expect(try await live(first).rollout == nil)
        let shared = try await live(during)
        #expect(shared.revision?.version == 1)
        #expect(shared.rollout?.number == rollout.number)
        #expect(shared.weights == [9000, 1000])
        #expect(try await live(after).revision?.version == 2)
        #expect(try await live(after).rollout == nil)
    }

    @Test func `a frozen space changes in no way but back`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.deploy("churn", "churn", 2, watch: 0)
        _ = try await dock.start("churn", "to: 3")
        _ = try await dock.deployments.setPolicy(
            SpacePolicy(freeze: "quarter end"), of: "default", principal: .local)
        let promote = await controlError {
            _ = try await dock.rollouts.promote("churn", space: "default", principal: .local)
        }
        #expect(promote?.code == .refused)
        #expect(promote?.message.contains("quarter end") == true)
        _ = try await dock.rollouts.abort("churn", space: "default", principal: .local)
        #expect(await controlError { _ = try await dock.start("churn", "to: 3") }?.code == .refused)
        #expect(await controlError { _ = try await dock.deploy("churn", "churn", 3) }?.code == .refused)
        #expect(await controlError { _ = try await dock.deploy("new", "churn", 3) }?.code == .refused)
        // What is there already is no change.
        #expect(try await dock.deploy("churn", "churn", 2).isUnchanged)
        let back = try await dock.deployments.rollBack("churn", space: "default", principal: .local)
        #expect(back.version == 1)
    }

    @Test func `approvals stand before a rollout, and a deploy is no way around them`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.deployments.setPolicy(
            SpacePolicy(rolloutApprovals: ApprovalDemand(count: 1, roles: [.validator], fourEyes: true)),
            of: "default", principal: .local)
        let around = await controlError { _ = try await dock.deploy("churn", "churn", 2) }
        #expect(around?.code == .refused)
        #expect(around?.hint?.contains("slipway rollout start churn --to churn:2") == true)
        let asked = try await dock.start("churn", "{to: 2, strategy: blue-green, reason: better}")
        #expect(asked.state == .awaitingApproval)
        #expect(dock.plane.live == ["churn=churn:1"])
        #expect(dock.plane.shares("churn") == "")
        let own = await controlError {
            _ = try await dock.rollouts.approve(
                "churn", space: "default", principal: .local, roles: [.validator])
        }
        #expect(own?.message.contains("four eyes") == true)
        let vera = Principal(id: "vera")
        let approved = try await dock.rollouts.approve(
            "churn", space: "default", comment: "fine", principal: vera, roles: [.validator])
        #expect(approved.state == .watching)
        #expect(dock.plane.live == ["churn=churn:2"])
        #expect(try await history(dock).first?.reason == "better")
        // A new endpoint has nothing to roll out from.
        #expect(try await dock.deploy("other", "churn", 2).revision == 1)
    }
}
