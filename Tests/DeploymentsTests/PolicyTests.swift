import Deployments
import Governance
import Journal
import Runtimes
import Serving
import Store
import Testing

struct PolicyTests {
    /// A dock with `churn:1` at `free`, which asks for nothing, at `alone`, which asks for a worker, and at `open`, which
    /// asks for the server's own process.
    private func dock() async throws -> Dock {
        let dock = try Dock()
        try await dock.push("churn", "one")
        _ = try await dock.deploy("free", "churn")
        _ = try await dock.deploy("alone", "churn", options: EndpointOptions(isolation: .worker))
        _ = try await dock.deploy("open", "churn", options: EndpointOptions(isolation: .shared))
        return dock
    }

    private func set(
        _ isolation: Isolation?, _ dock: Dock, key: String? = nil, ifMatch: Int? = nil
    ) async throws -> SpacePolicy {
        try await dock.deployments.setPolicy(
            SpacePolicy(isolation: isolation), of: "default", principal: .local, idempotencyKey: key, ifMatch: ifMatch)
    }

    /// Where each endpoint runs, by the snapshot that was installed last.
    private func places(_ dock: Dock) -> [String: Isolation] {
        Dictionary(uniqueKeysWithValues: (dock.plane.installed.last?.endpoints ?? []).map { ($0.name, $0.isolation) })
    }

    @Test func `a demand moves what runs elsewhere, prepared before it is installed`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        #expect(places(dock) == ["free": .shared, "alone": .worker, "open": .shared])
        let before = dock.plane.prepared.count
        #expect(try await set(.worker, dock) == SpacePolicy(isolation: .worker, revision: 1))
        #expect(places(dock) == ["free": .worker, "alone": .worker, "open": .worker])
        let moved = Array(dock.plane.prepared[before...])
        #expect(moved.map(\.name) == ["free", "open"])
        // What was prepared is what was installed, its reason included.
        let installed = try #require(dock.plane.installed.last).endpoints
        for entry in moved { #expect(installed.contains(entry)) }
        #expect(installed.allSatisfy { $0.isolationReason == .space })
        #expect(dock.plane.heldAtInstalls.last == ["free=churn:1", "open=churn:1"])
        #expect(dock.plane.held == [])

        #expect(try await set(.shared, dock).revision == 2)
        #expect(places(dock) == ["free": .shared, "alone": .shared, "open": .shared])
        #expect(try await set(nil, dock).revision == 3)
        #expect(places(dock) == ["free": .shared, "alone": .worker, "open": .shared])
    }

    @Test func `a demand that cannot be met changes nothing and says which endpoint`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let generation = try await dock.store.generation()
        dock.plane.refuse(version: 1, ModelLoadError(.outOfMemory, "no room"))
        let error = await controlError { _ = try await set(.worker, dock) }
        #expect(error?.code == .loadFailed)
        #expect(error?.message == "endpoint 'free' could not be moved to worker isolation: no room")
        #expect(try await dock.store.generation() == generation)
        #expect(try await dock.deployments.policy(of: "default") == SpacePolicy())
        #expect(places(dock)["free"] == .shared)
    }

    @Test func `what was prepared before the one that failed is given back`() async throws {
        let dock = try Dock()
        defer { dock.remove() }
        try await dock.push("churn", "one")
        try await dock.push("churn", "two")
        _ = try await dock.deploy("a", "churn", 1)
        _ = try await dock.deploy("b", "churn", 2)
        dock.plane.refuse(version: 2, ModelLoadError(.outOfMemory, "no room"))
        let before = dock.plane.discarded.count
        #expect(await controlError { _ = try await set(.worker, dock) }?.code == .loadFailed)
        #expect(dock.plane.discarded[before...].map(\.name) == ["a"])
        #expect(dock.plane.held == [])
    }

    @Test func `a deploy that asks for another place than the space demands is refused`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await set(.worker, dock)
        let options = EndpointOptions(isolation: .shared)
        let error = await controlError { _ = try await dock.deploy("open", "churn", options: options) }
        #expect(error?.code == .refused)
        #expect(error?.field == "isolation")
        #expect(error?.message == "space 'default' demands worker isolation, the deployment asks for shared")
        // Asking for nothing follows the demand, and a worker may have its memory bounded.
        let bounded = EndpointOptions(workerMemoryBytes: 256 << 20)
        #expect(try await dock.deploy("open", "churn", options: bounded).options == bounded)
        #expect(places(dock)["open"] == .worker)
    }

    @Test func `setting what is set already makes no revision, no event and no generation`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await set(.worker, dock)
        let generation = try await dock.store.generation()
        let prepared = dock.plane.prepared.count
        #expect(try await set(.worker, dock) == SpacePolicy(isolation: .worker, revision: 1))
        #expect(try await dock.store.generation() == generation)
        #expect(dock.plane.prepared.count == prepared)
    }

    @Test func `a stale revision is a conflict, a repeated key gets the first answer`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let first = try await set(.worker, dock, key: "k", ifMatch: 0)
        #expect(try await set(.worker, dock, key: "k", ifMatch: 0) == first)
        let stale = await controlError { _ = try await set(nil, dock, ifMatch: 0) }
        #expect(stale?.code == .conflict)
        #expect(stale?.field == "ifMatch")
        #expect(await controlError { _ = try await set(nil, dock, key: "k") }?.code == .conflict)
        #expect(try await dock.store.verify().isIntact)
    }

    @Test func `a space that is not there has no policy`() async throws {
        let dock = try Dock()
        defer { dock.remove() }
        #expect(await controlError { _ = try await dock.deployments.policy(of: "nowhere") }?.code == .notFound)
        let error = await controlError {
            _ = try await dock.deployments.setPolicy(
                SpacePolicy(isolation: .worker), of: "nowhere", principal: .local)
        }
        #expect(error?.code == .notFound)
    }

    @Test func `an unloaded endpoint is not loaded by a demand, and follows it when it is`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        try await dock.deployments.setLoaded(false, endpoint: "free", space: "default", principal: .local)
        let before = dock.plane.prepared.count
        _ = try await set(.worker, dock)
        #expect(dock.plane.prepared[before...].map(\.name) == ["open"])
        try await dock.deployments.setLoaded(true, endpoint: "free", space: "default", principal: .local)
        #expect(dock.plane.prepared.last?.isolation == .worker)
    }
}
