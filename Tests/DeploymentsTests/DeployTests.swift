import Deployments
import Journal
import Runtimes
import Serving
import Store
import Testing

struct DeployTests {
    /// A dock with `churn:1` and `churn:2`.
    private func dock() async throws -> Dock {
        let dock = try Dock()
        try await dock.push("churn", "one")
        try await dock.push("churn", "two")
        return dock
    }

    @Test func `a deploy is prepared, committed and installed when it returns`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let done = try await dock.deploy("fraud", "churn", 1, reason: "first")
        #expect(done.revision == 1)
        #expect(done.version == 1)
        #expect(done.reason == "first")
        #expect(!done.isUnchanged)
        #expect(dock.plane.live == ["fraud=churn:1"])
        // What was prepared is exactly what was installed.
        #expect(dock.plane.prepared == dock.plane.installed.last?.endpoints)
        #expect(try await dock.deployments.show("fraud", space: "default") == done)
        let latest = try await dock.deploy("fraud", "churn")
        #expect(latest.version == 2)
        #expect(latest.revision == 2)
        #expect(dock.plane.live == ["fraud=churn:2"])
    }

    @Test func `a version that fails to load changes nothing and says why`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let before = try await dock.deploy("fraud", "churn", 1)
        let generation = try await dock.store.generation()
        let installs = dock.plane.installed.count
        dock.plane.refuse(version: 2, ModelLoadError(.crashed, "it died of signal 9"))
        let error = await controlError { _ = try await dock.deploy("fraud", "churn", 2, key: "k") }
        #expect(error?.code == .loadFailed)
        #expect(error?.message.contains("it died of signal 9") == true)
        #expect(try await dock.deployments.show("fraud", space: "default") == before)
        #expect(try await dock.store.generation() == generation)
        #expect(dock.plane.installed.count == installs)
        // The key was not used up by the failure.
        dock.plane.refuse(version: 2, nil)
        #expect(try await dock.deploy("fraud", "churn", 2, key: "k").revision == 2)
    }

    @Test func `deploying what is live with the same options makes no revision and says so`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let first = try await dock.deploy("fraud", "churn", 2)
        let again = try await dock.deploy("fraud", "churn")
        #expect(again.isUnchanged)
        #expect(again.revision == first.revision)
        #expect(try await dock.deployments.history("fraud", space: "default").count == 1)
        let other = EndpointOptions(runtime: RuntimeOptions(intraOpThreads: 2))
        let changed = try await dock.deploy("fraud", "churn", options: other)
        #expect(changed.revision == 2)
        #expect(changed.options == other)
        #expect(dock.plane.installed.last?.endpoints.first?.options == other)
    }

    @Test func `an endpoint keeps one model until it is deleted`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        try await dock.push("other", "three")
        _ = try await dock.deploy("fraud", "churn", 1)
        let error = await controlError { _ = try await dock.deploy("fraud", "other") }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("'churn'") == true)
        #expect(dock.plane.prepared.count == 1)
        try await dock.deployments.delete("fraud", space: "default", principal: .local)
        let anew = try await dock.deploy("fraud", "other")
        #expect(anew.revision == 3)
        let history = try await dock.deployments.history("fraud", space: "default")
        #expect(history.map(\.number) == [3, 2, 1])
        #expect(history.map(\.model) == ["other", "churn", "churn"])
    }

    @Test func `unknown versions, bad names and impossible options are refused before anything is loaded`() async throws
    {
        let dock = try await dock()
        defer { dock.remove() }
        #expect(await controlError { _ = try await dock.deploy("e", "churn", 3) }?.code == .notFound)
        #expect(await controlError { _ = try await dock.deploy("e", "nothing") }?.code == .notFound)
        #expect(await controlError { _ = try await dock.deploy("a/b", "churn") }?.field == "endpoint")
        for options in [
            EndpointOptions(runtime: RuntimeOptions(intraOpThreads: 0)), EndpointOptions(deadlineMilliseconds: 0),
            EndpointOptions(deadlineMilliseconds: .max), EndpointOptions(maxBodyBytes: -1),
            EndpointOptions(maxBodyBytes: 5 << 30),
            EndpointOptions(runtime: RuntimeOptions(intraOpThreads: .max)),
        ] {
            #expect(await controlError { _ = try await dock.deploy("e", "churn", options: options) }?.code == .invalid)
        }
        let error = await controlError {
            _ = try await dock.deployments.deploy(
                endpoint: "e", space: "nowhere", model: "churn", principal: .local)
        }
        #expect(error?.code == .notFound)
        #expect(dock.plane.prepared.isEmpty)
    }

    @Test func `another revision than the expected one is a conflict`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        #expect(await controlError { _ = try await dock.deploy("e", "churn", 1, ifMatch: 1) }?.field == "ifMatch")
        _ = try await dock.deploy("e", "churn", 1)
        #expect(await controlError { _ = try await dock.deploy("e", "churn", 2, ifMatch: 7) }?.code == .conflict)
        #expect(try await dock.deploy("e", "churn", 2, ifMatch: 1).revision == 2)
        let stale = await controlError {
            try await dock.deployments.delete("e", space: "default", principal: .local, ifMatch: 1)
        }
        #expect(stale?.code == .conflict)
        try await dock.deployments.delete("e", space: "default", principal: .local, ifMatch: 2)
    }

    @Test func `a retry under its key gets the first answer, another request under it is a conflict`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let first = try await dock.deploy("e", "churn", 1, key: "k")
        _ = try await dock.deploy("e", "churn", 2)
        #expect(try await dock.deploy("e", "churn", 1, key: "k") == first)
        #expect(dock.plane.live == ["e=churn:2"])
        #expect(await controlError { _ = try await dock.deploy("e", "churn", 2, key: "k") }?.code == .conflict)
        let deletion = try await dock.deployments.delete(
            "e", space: "default", principal: .local, idempotencyKey: "d")
        let again = try await dock.deployments.delete("e", space: "default", principal: .local, idempotencyKey: "d")
        #expect(again == deletion)
        #expect(try await dock.deployments.history("e", space: "default").map(\.action) == [.delete, .deploy, .deploy])
    }

    @Test func `racing deploys to one endpoint are made one after the other`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        let answers = try await withThrowingTaskGroup(of: Deployment.self) { group in
            for number in 0..<20 { group.addTask { try await dock.deploy("e", "churn", 1 + number % 2) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        let made = answers.filter { !$0.isUnchanged }.map(\.revision).sorted()
        #expect(made == Array(1...made.count))
        let history = try await dock.deployments.history("e", space: "default")
        #expect(history.count == made.count)
        #expect(history.filter(\.isCurrent).map(\.number) == [made.count])
        #expect(dock.plane.live == ["e=churn:\(history[0].version)"])
        #expect(try await dock.store.verify().problems.isEmpty)
    }

    @Test func `a deleted endpoint is gone and its history stays`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.deploy("e", "churn", 1)
        try await dock.deployments.delete("e", space: "default", principal: .local)
        #expect(dock.plane.live.isEmpty)
        #expect(await controlError { _ = try await dock.deployments.show("e", space: "default") }?.code == .notFound)
        let again = await controlError {
            try await dock.deployments.delete("e", space: "default", principal: .local)
        }
        #expect(again?.code == .notFound)
        let history = try await dock.deployments.history("e", space: "default")
        #expect(history.map(\.action) == [.delete, .deploy])
        #expect(history.allSatisfy { !$0.isCurrent })
        #expect(await controlError { _ = try await dock.deployments.history("f", space: "default") }?.code == .notFound)
        #expect(try await dock.deploy("e", "churn", 1).revision == 3)
    }

    @Test func `unload and load are revisions, and doing what is done changes nothing`() async throws {
        let dock = try await dock()
        defer { dock.remove() }
        _ = try await dock.deploy("e", "churn", 1)
        let service = dock.deployments
        let out = try await service.setLoaded(false, endpoint: "e", space: "default", principal: .local)
        #expect(!out.isLoaded && out.revision == 2)
        #expect(dock.plane.live == ["e=churn:1 unloaded"])
        #expect(try await service.setLoaded(false, endpoint: "e", space: "default", principal: .local).isUnchanged)
        dock.plane.refuse(version: 1, ModelLoadError(.outOfMemory, "no room"))
        let error = await controlError {
            try await service.setLoaded(true, endpoint: "e", space: "default", principal: .local)
        }
        #expect(error?.code == .loadFailed)
        dock.plane.refuse(version: 1, nil)
        let back = try await service.setLoaded(true, endpoint: "e", space: "default", principal: .local)
        #expect(back.isLoaded && back.revision == 3)
        #expect(dock.plane.live == ["e=churn:1"])
        #expect(dock.plane.prepared.last == dock.plane.installed.last?.endpoints.first)
        #expect(try await service.history("e", space: "default").map(\.action) == [.load, .unload, .deploy])
        let unknown = await controlError {
            try await service.setLoaded(true, endpoint: "f", space: "default", principal: .local)
        }
        #expect(unknown?.code == .notFound)
    }

    @Test func `what was deployed comes back after a restart, through pages too`() async throws {
        let folder: String
        do {
            let dock = try await dock()
            folder = dock.folder
            for number in 1...5 { _ = try await dock.deploy("e\(number)", "churn", 1) }
            try await dock.deployments.delete("e3", space: "default", principal: .local)
            try dock.store.close()
        }
        let again = try Dock(folder: folder)
        defer { again.remove() }
        try await again.deployments.restore()
        #expect(again.plane.installed.map(\.generation) == [8])
        #expect(again.plane.live == ["e1", "e2", "e4", "e5"].map { $0 + "=churn:1" })
        let first = try await again.deployments.list(space: "default", limit: 3)
        #expect(first.items.map(\.endpoint) == ["e1", "e2", "e4"])
        let second = try await again.deployments.list(space: "default", after: first.next, limit: 3)
        #expect(second.items.map(\.endpoint) == ["e5"])
        #expect(second.next == nil)
    }
}
