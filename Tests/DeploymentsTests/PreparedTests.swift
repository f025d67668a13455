import Governance
import Identity
import Journal
import Serving
import Testing

@testable import Deployments

/// What is loaded for a change is held until the change is published, and is given back then, whatever became of it.
struct PreparedTests {
    private static let vera = Principal(id: "vera")

    /// A dock where `churn:1` answers at `churn`, and `churn:2` and `churn:3` are there.
    private func dock() async throws -> Dock {
        let dock = try Dock()
        for text in ["one", "two", "three"] { try await dock.push("churn", text) }
        _ = try await dock.deploy("churn", "churn", 1)
        return dock
    }

    private func expectHeld(
        _ dock: Dock, atInstall entries: [String], sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(dock.plane.heldAtInstalls.last == entries, sourceLocation: sourceLocation)
        #expect(dock.plane.held == [], sourceLocation: sourceLocation)
    }

    /// A rollout to `churn:2` that waits for vera.
    private func waiting() async throws -> Dock {
        let dock = try await dock()
        _ = try await dock.deployments.setPolicy(
            SpacePolicy(rolloutApprovals: ApprovalDemand(count: 1)), of: "default", principal: .local)
        #expect(try await dock.start("churn", "to: 2").state == .awaitingApproval)
        return dock
    }

    @Test func `what a deploy, a load and a rollback prepare is held until it is installed, and no longer`()
        async throws
    {
        let dock = try await dock()
        defer { dock.remove() }
        expectHeld(dock, atInstall: ["churn=churn:1"])
        _ = try await dock.deploy("churn", "churn", 2, watch: 0)
        expectHeld(dock, atInstall: ["churn=churn:2"])
        try await dock.deployments.setLoaded(false, endpoint: "churn", space: "default", principal: .local)
        expectHeld(dock, atInstall: [])
        try await dock.deployments.setLoaded(true, endpoint: "churn", space: "default", principal: .local)
        expectHeld(dock, atInstall: ["churn=churn:2"])
        _ = try await dock.deployments.rollBack("churn", space: "default", principal: .local)
        expectHeld(dock, atInstall: ["churn=churn:1"])
    }

    @Test func `a rollout holds its versions until each change of weights is installed`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start("churn", "{to: 2, steps: [1, 50, 100], hold: 3s, analysis: {minimumSamples: 10}}")
        expectHeld(dock, atInstall: ["churn=churn:1", "churn=churn:2"])
        for _ in 0..<3 {
            dock.plane.serve("stable", requests: 50)
            dock.plane.serve("canary", requests: 50)
            await dock.rollouts.tick(milliseconds: 1000)
        }
        #expect(dock.plane.shares("churn") == "stable:1=5000 canary:2=5000")
        expectHeld(dock, atInstall: ["churn=churn:2"])
    }

    @Test func `candidates that wait for an approval are not held, and are loaded again with the last one`()
        async throws
    {
        let dock = try await waiting()
        defer { dock.remove() }
        expectHeld(dock, atInstall: ["churn=churn:1", "churn=churn:2"])
        let before = dock.plane.prepared.count
        _ = try await dock.rollouts.approve(
            "churn", space: "default", principal: Self.vera, roles: [.validator])
        #expect(dock.plane.prepared[before...].map(\.version) == [1, 2])
        #expect(dock.plane.shares("churn") == "stable:1=9900 canary:2=100")
        expectHeld(dock, atInstall: ["churn=churn:1", "churn=churn:2"])
    }

    @Test(arguments: [true, false])
    func `a rollout that ends before it has begun leaves nothing behind`(isRejected: Bool) async throws {
        let dock = try await waiting()
        defer { dock.remove() }
        let ended =
            if isRejected {
                try await dock.rollouts.reject("churn", space: "default", reason: "no", principal: Self.vera)
            } else {
                try await dock.rollouts.abort("churn", space: "default", principal: .local)
            }
        #expect(ended.state == .aborted)
        expectHeld(dock, atInstall: [])
    }

    @Test func `a promotion holds all candidates until one of them serves, and none after that`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.start(
            "churn",
            "{strategy: ab, variants: [{name: small, to: 2, weight: 30}, {name: large, to: 3, weight: 20}]}")
        _ = try await dock.rollouts.promote("churn", space: "default", variant: "large", principal: .local)
        #expect(dock.plane.live == ["churn=churn:3"])
        expectHeld(dock, atInstall: ["churn=churn:2", "churn=churn:3"])
    }

    @Test func `an endpoint that is deleted while a policy moves it leaves nothing behind`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.deploy("gone", "churn", 1)
        dock.plane.meanwhile {
            _ = try? await dock.deployments.delete("gone", space: "default", principal: .local)
        }
        _ = try await dock.deployments.setPolicy(
            SpacePolicy(isolation: .worker), of: "default", principal: .local)
        #expect(dock.plane.live == ["churn=churn:1"])
        expectHeld(dock, atInstall: ["churn=churn:1", "gone=churn:1"])
    }
}
