import Deployments
import GRDB
import Governance
import Identity
import Journal
import Registry
import Runtimes
import Serving
import Testing

@testable import Store

struct SpaceTests {
    private struct OpenPlane: ServingPlane {
        func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) {}
        func discard(_ entry: EndpointEntry) {}
        func install(_ snapshot: ServingSnapshot) async {}
    }

    /// A store with a second space, and `churn:1` in the first.
    private func store() async throws -> Store {
        let store = try Workshop().open()
        try await store.database.pool.write {
            try $0.execute(sql: "INSERT INTO space (name, created_at, created_by) VALUES ('prod', 0, 'local')")
        }
        try await store.push("churn", "bytes")
        return store
    }

    @Test func `a model name that another space has is taken, and nothing else is learnt`() async throws {
        let store = try await store()
        let file = try await store.upload(Array("bytes".utf8), space: "prod")
        let error = await controlError {
            _ = try await store.service.push(model: "churn", space: "prod", files: [file], principal: .local)
        }
        #expect(error?.code == .conflict)
        #expect(error?.message.contains("taken") == true)
        #expect(error?.description.contains("default") == false)
        #expect(try await store.service.models(space: "prod").items.isEmpty)
        #expect(try await store.generation().number == 1)
    }

    @Test func `a version is seen and deployed only where it is available`() async throws {
        let store = try await store()
        let deployments = DeploymentService(store: store.deployments, plane: OpenPlane())
        let deploy = { () async throws in
            _ = try await deployments.deploy(endpoint: "e", space: "prod", model: "churn", principal: .local)
        }
        #expect(await controlError(deploy)?.code == .notFound)
        #expect(await controlError { _ = try await store.service.version("churn", space: "prod") }?.code == .notFound)
        #expect(await controlError { _ = try await store.service.model("churn", space: "prod") }?.code == .notFound)
        try await store.database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO version_space (space_id, version_id, created_at, created_by)
                    SELECT s.id, v.id, 0, 'local' FROM space s, version v WHERE s.name = 'prod'
                    """)
        }
        #expect(await controlError(deploy) == nil)
        #expect(try await store.service.model("churn", space: "prod").deployed.map(\.endpoint) == ["e"])
        #expect(try await store.service.model("churn", space: "default").deployed.isEmpty)
    }

    @Test func `spaces are listed with what they hold, and known to who is asked for rights`() async throws {
        let store = try await store()
        let spaces = Spaces(store: store.spaces)
        let page = try await spaces.list(limit: 1)
        #expect(page.items.map(\.space.name) == ["default"])
        #expect(page.items.first?.models == 1)
        #expect(page.next == "default")
        #expect(try await spaces.list(after: page.next).items.map(\.space.name) == ["prod"])
        #expect(try await spaces.show("prod").models == 0)
        #expect(await controlError { _ = try await spaces.show("nowhere") }?.code == .notFound)
        let plane = AccessPlane()
        try await AccessPublisher(store: store.access, plane: plane).publish()
        for permission in Permission.allCases {
            try plane.current.authorise(.local, permission, space: "prod")
            let error = await controlError { try plane.current.authorise(.local, permission, space: "nowhere") }
            #expect(error?.code == (permission.reach == .space ? .notFound : nil))
        }
    }
}
