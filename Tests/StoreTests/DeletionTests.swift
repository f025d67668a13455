import Deployments
import Foundation
import GRDB
import Journal
import Registry
import Runtimes
import Serving
import Testing

@testable import Store

/// A plane that takes everything.
private struct OpenPlane: ServingPlane {
    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) {}
    func discard(_ entry: EndpointEntry) {}
    func install(_ snapshot: ServingSnapshot) async {}
}

struct DeletionTests {
    private func deploy(_ store: Store, _ version: Int, at endpoint: String = "churn") async throws {
        _ = try await DeploymentService(store: store.deployments, plane: OpenPlane()).deploy(
            endpoint: endpoint, space: "default", model: "churn", version: version, principal: .local)
    }

    private func end(_ store: Store, _ endpoint: String) async throws {
        try await DeploymentService(store: store.deployments, plane: OpenPlane()).delete(
            endpoint, space: "default", principal: .local)
    }

    @discardableResult
    private func delete(
        _ store: Store, _ number: Int, space: String = "default", key: String? = nil
    ) async throws -> VersionDeletion {
        try await store.service.delete(
            "churn", number: number, space: space, principal: .local, idempotencyKey: key)
    }

    private func refusal(_ store: Store, _ number: Int, space: String = "default") async -> ControlError? {
        await controlError { try await delete(store, number, space: space) }
    }

    @Test func `a deleted version is gone, its number never comes back, its bytes may`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        try await store.push("churn", "one")
        try await store.push("churn", "two")
        let deletion = try await delete(store, 2)
        #expect(deletion.isGone)
        #expect(await refusal(store, 2)?.code == .notFound)
        #expect(try await store.service.model("churn", space: "default").latestVersion == 1)
        #expect(try await store.push("churn", "two").version.number == 3)
        #expect(try await delete(store, 3).number == 3)
        try await delete(store, 1)
        let gone = await controlError { _ = try await store.service.model("churn", space: "default") }
        #expect(gone?.code == .notFound)
        #expect(try await store.push("churn", "four").version.number == 4)
        #expect(try await store.verify().isIntact)
        let actions = try await store.audit.events(AuditQuery(action: "version.delete")).items
        #expect(actions.map(\.subject) == ["churn:1", "churn:3", "churn:2"])
        #expect(actions.first?.detail.contains("digest") == true)
    }

    @Test func `the laid-out folder of a deleted version goes, but not that of a twin`() async throws {
        let workshop = try Workshop()
        let store = try workshop.open()
        let version = try await store.push("churn", "one").version
        try await store.push("twin", "one")
        _ = try store.artifacts.locate(version.artifact)
        try await delete(store, 1)
        #expect(workshop.files("artifacts").count == 1)
        _ = try await store.service.delete("twin", number: 1, space: "default", principal: .local)
        #expect(workshop.files("artifacts").isEmpty)
    }

    @Test func `a version that is served, or would be rolled back to, is kept, and the refusal says by what`()
        async throws
    {
        let store = try Workshop().open()
        for text in ["one", "two", "three"] { try await store.push("churn", text) }
        try await deploy(store, 1)
        let served = await refusal(store, 1)
        #expect(served?.code == .conflict)
        #expect(served?.message == "churn:1 cannot be deleted: endpoint 'churn' serves it")
        #expect(served?.hint?.contains("deploy another version") == true)
        try await deploy(store, 2)
        #expect(await refusal(store, 1)?.message.contains("endpoint 'churn' would roll back to it") == true)
        // Changed options are no step of their own.
        _ = try await DeploymentService(store: store.deployments, plane: OpenPlane()).deploy(
            endpoint: "churn", space: "default", model: "churn", version: 2,
            options: EndpointOptions(deadlineMilliseconds: 1234), principal: .local)
        #expect(await refusal(store, 1)?.message.contains("would roll back") == true)
        try await deploy(store, 3)
        try await delete(store, 1)
        #expect(await refusal(store, 2)?.message.contains("would roll back") == true)
        // The history still names what is gone.
        let history = try await DeploymentService(store: store.deployments, plane: OpenPlane()).history(
            "churn", space: "default")
        #expect(history.map(\.version) == [3, 2, 2, 1])
        try await end(store, "churn")
        try await delete(store, 2)
        try await delete(store, 3)
        #expect(try await store.verify().isIntact)
    }

    @Test func `an endpoint that began anew would not roll back to before`() async throws {
        let store = try Workshop().open()
        for text in ["one", "two"] { try await store.push("churn", text) }
        try await deploy(store, 1)
        try await end(store, "churn")
        try await deploy(store, 2)
        try await delete(store, 1)
    }

    @Test func `many holds are told in few words`() async throws {
        let store = try Workshop().open()
        try await store.push("churn", "one")
        for number in 0..<8 { try await deploy(store, 1, at: "e\(number)") }
        let message = await refusal(store, 1)?.message
        #expect(message?.contains("endpoint 'e4' serves it; and 3 more") == true)
    }

    @Test func `in a space that a promotion brought it to, it only leaves that space`() async throws {
        let store = try Workshop().open()
        try await store.push("churn", "one")
        try await store.database.pool.write { db in
            try db.execute(
                sql: """
                    INSERT INTO space (name, created_at, created_by) VALUES ('prod', 0, 'local');
                    INSERT INTO version_space (space_id, version_id, created_at, created_by)
                        SELECT s.id, 1, 0, 'local' FROM space s WHERE s.name = 'prod';
                    """)
        }
        let held = await refusal(store, 1)
        #expect(held?.message == "churn:1 cannot be deleted: space 'prod' has it too")
        let withdrawn = try await delete(store, 1, space: "prod")
        #expect(!withdrawn.isGone)
        #expect(await refusal(store, 1, space: "prod")?.code == .notFound)
        #expect(try await store.service.version("churn", number: 1, space: "default").number == 1)
        #expect(try await delete(store, 1).isGone)
        let actions = try await store.audit.events(AuditQuery()).items.map(\.action)
        #expect(actions == ["version.delete", "version.withdraw", "version.push"])
    }

    @Test func `a promotion under way holds a version, one that ended does not`() async throws {
        let store = try Workshop().open()
        try await store.push("churn", "one")
        try await store.database.pool.write { db in
            try db.execute(
                sql: """
                    WITH asked (number, model, version, target, state) AS (VALUES
                        (1, 'churn', 1, 'test', 'applied'), (7, 'churn', 1, 'prod', 'awaitingApproval'),
                        (8, 'churn', 2, 'prod', 'checking'), (9, 'other', 1, 'prod', 'checking'))
                    INSERT INTO promotion (number, model, version, digest, source_id, target_id, source, target,
                        requested_by, pushed_by, requested_at, state)
                    SELECT number, model, version, '', 1, 1, 'default', target, 'local', 'local', 0, state FROM asked;
                    """)
        }
        #expect(
            await refusal(store, 1)?.message
                == "churn:1 cannot be deleted: promotion 7 to space 'prod' is under way")
        try await store.database.pool.write {
            try $0.execute(sql: "UPDATE promotion SET state = 'rejected' WHERE number = 7")
        }
        #expect(try await delete(store, 1).isGone)
    }

    @Test func `a retry under the same key gives the same answer`() async throws {
        let store = try Workshop().open()
        try await store.push("churn", "one")
        try await store.push("churn", "two")
        let first = try await delete(store, 1, key: "k")
        #expect(try await delete(store, 1, key: "k") == first)
        let other = await controlError { try await delete(store, 2, key: "k") }
        #expect(other?.code == .conflict)
        #expect(try await store.audit.events(AuditQuery(action: "version.delete")).items.count == 1)
    }

    @Test func `unknown names are not found, in the words of a list`() async throws {
        let store = try Workshop().open()
        try await store.push("churn", "one")
        #expect(await refusal(store, 9)?.code == .notFound)
        #expect(await refusal(store, 1, space: "nowhere")?.code == .notFound)
    }

    @Test(arguments: [
        "DELETE FROM version", "UPDATE version SET deleted_at = NULL", "UPDATE version SET deleted_at = 5",
        "UPDATE version SET digest = digest",
        "INSERT INTO version SELECT 99, model_id, 9, digest, format, size, "
            + "metrics, tags, git_commit, dataset, created_at, created_by, description, NULL, NULL FROM version "
            + "WHERE number = 2",
    ])
    func `a deleted version never comes back, and no row of one goes`(sql: String) async throws {
        let store = try Workshop().open()
        try await store.push("churn", "one")
        try await store.push("churn", "two")
        try await delete(store, 1)
        await #expect(throws: DatabaseError.self) { try await store.database.pool.write { try $0.execute(sql: sql) } }
    }
}
