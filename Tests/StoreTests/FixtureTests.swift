import Deployments
import Foundation
import Governance
import Identity
import Journal
import Registry
import Runtimes
import Serving
import Synchronization
import Testing

@testable import Store

/// A plane that takes everything.
private struct OpenPlane: ServingPlane {
    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) {}
    func discard(_ entry: EndpointEntry) {}
    func install(_ snapshot: ServingSnapshot) async {}
}

/// Data folders of released schemas; see Fixtures/README.md.
@Suite(.serialized) struct FixtureTests {
    private static var fixtures: String {
        (#filePath as NSString).deletingLastPathComponent + "/Fixtures"
    }

    /// The schemas that were released, each with a folder.
    fileprivate static let released = 1...2

    /// What the second revision of `churn` has, from schema 2 on.
    private static let options = EndpointOptions(
        runtime: RuntimeOptions(intraOpThreads: 2), instances: 3, minInstances: 0, idleSeconds: 60, queueLimit: 50,
        deadlineMilliseconds: 2000, maxBodyBytes: 1 << 20, batching: BatchingOptions(maxBatchSize: 16),
        isolation: .worker, workerMemoryBytes: 1 << 30)

    @Test(.enabled(if: ProcessInfo.processInfo.environment["SLIPWAY_WRITE_FIXTURE"] != nil))
    func `write the data folder of the schema of now`() async throws {
        let target = Self.fixtures + "/schema-\(Migrations.currentSchema)"
        guard !FileManager.default.fileExists(atPath: target) else { return }
        let workshop = try Workshop()
        let store = try workshop.open()
        try await store.push("churn", "the first churn model")
        let model = try await store.upload(Array("a model of two files".utf8))
        let weights = try await store.upload(Array("its weights".utf8)).at("data/weights.bin")
        _ = try await store.service.push(
            model: "churn", space: "default", files: [model, weights], metrics: ["auc": 0.875], tags: ["team": "crm"],
            gitCommit: "0123abcd", dataset: "customers-2024", principal: .local, idempotencyKey: "fixture-push")
        let deployments = DeploymentService(store: store.deployments, plane: OpenPlane())
        _ = try await deployments.deploy(
            endpoint: "churn", space: "default", model: "churn", version: 1, principal: .local)
        _ = try await deployments.deploy(
            endpoint: "churn", space: "default", model: "churn", options: Self.options, reason: "better",
            principal: .local)
        try await deployments.setLoaded(false, endpoint: "churn", space: "default", principal: .local)
        _ = try await deployments.deploy(
            endpoint: "gone", space: "default", model: "churn", principal: .local)
        try await deployments.delete("gone", space: "default", principal: .local)
        _ = try await deployments.setPolicy(SpacePolicy(isolation: .worker), of: "default", principal: .local)
        let publisher = AccessPublisher(store: store.access, plane: AccessPlane())
        _ = try await MemberService(store: store.access, publisher: publisher).set(
            "alice", of: "default", role: .developer, by: .local)
        _ = try await KeyService(store: store.access, publisher: publisher).create(
            KeyOrder(name: "laptop", principal: "alice", scope: KeyScope(spaces: ["default"])), caller: .local)
        _ = try await Spaces(store: store.spaces).create("prod", principal: .local)
        _ = try await deployments.setPolicy(
            SpacePolicy(promotesFrom: ["default"]), of: "prod", principal: .local)
        _ = try await Self.promotions(store).request(
            model: "churn", version: 1, source: "default", target: "prod", reason: "the first", principal: .local)
        try await store.pushDataSet("customers-2024", "age,region\n31,north\n47,\n")
        try store.close()
        try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
        for name in ["slipway.db", "blobs"] {
            try FileManager.default.copyItem(atPath: workshop.data + "/" + name, toPath: target + "/" + name)
        }
    }

    private static func promotions(_ store: Store) -> PromotionService {
        PromotionService(
            store: store.promotions,
            gates: GateWorkshop(
                hashing: store.hashing, dataSets: store.dataSetService,
                scoring: WorkerScoring(artifacts: store.artifacts, workers: WorkerHost()), clock: ManualClock()),
            memberships: OpenMemberships(), publisher: Publisher(store: store.deployments, plane: OpenPlane()),
            clock: ManualClock())
    }

    @Test func `there is a data folder for every released schema`() throws {
        let names = Set(try FileManager.default.contentsOfDirectory(atPath: Self.fixtures))
        for schema in Self.released { #expect(names.contains("schema-\(schema)")) }
    }

    @Test(arguments: FixtureTests.released)
    func `the data folder of a released schema opens with everything in it`(schema: Int) async throws {
        let workshop = try Workshop()
        try FileManager.default.copyItem(atPath: Self.fixtures + "/schema-\(schema)", toPath: workshop.data)
        let store = try workshop.open(clock: SystemClock())
        #expect(try await store.verify().problems.isEmpty)
        #expect(try await store.generation().number == [1: 7, 2: 8][schema])

        let version = try await store.service.version("churn", space: "default")
        #expect(version.number == 2)
        #expect(version.description == .sample)
        #expect(version.artifact.files.map(\.path) == ["data/weights.bin", "model.onnx"])
        #expect(version.provenance.metrics == ["auc": 0.875])
        #expect(version.provenance.dataset == "customers-2024")
        _ = try store.artifacts.locate(version.artifact)

        let deployments = DeploymentService(store: store.deployments, plane: OpenPlane())
        let live = try await deployments.list(space: "default").items
        #expect(live.map(\.endpoint) == ["churn"])
        #expect(live.first?.revision == 3)
        #expect(live.first?.isLoaded == false)
        // The first schema knew three options, and no policy.
        #expect(live.first?.options == (schema == 1 ? EndpointOptions() : Self.options))
        #expect(
            try await deployments.policy(of: "default")
                == (schema == 1 ? SpacePolicy() : SpacePolicy(isolation: .worker, revision: 1)))
        #expect(try await deployments.history("churn", space: "default").map(\.action) == [.unload, .deploy, .deploy])
        #expect(try await deployments.history("gone", space: "default").map(\.action) == [.delete, .deploy])
        // Members and keys, policies as documents, promotions and data sets came together.
        let access = try await store.access.read { try $0.accessSnapshot() }
        #expect(access.spaces.map(\.name) == (schema < 5 ? ["default"] : ["default", "prod"]))
        #expect(access.members.map(\.principal) == (schema < 5 ? [] : ["alice"]))
        #expect(access.keys.map(\.key.name) == (schema < 5 ? [] : ["laptop"]))
        let revisions = try await Spaces(store: store.spaces).policyRevisions(of: "default").items
        #expect(revisions.map(\.policy) == (schema == 1 ? [] : [SpacePolicy(isolation: .worker, revision: 1)]))
        let promotions = try await Self.promotions(store).list(PromotionFilter(space: "default")).items
        #expect(promotions.map(\.promotion.state) == (schema < 5 ? [] : [.applied]))
        if schema >= 5 { #expect(try await store.service.version("churn", space: "prod").number == 1) }
        if schema >= 5 {
            let table = try await store.dataSetService.table("customers-2024", version: 1, space: "default")
            #expect(table.column("region")?.values == .texts(["north", nil]))
        }
        // It goes on working, with the next number and the next link of the chain.
        #expect(try await store.push("churn", "a third").version.number == 3)
        #expect(try await store.verify().isIntact)
    }
}
