import Deployments
import Foundation
import GRDB
import Journal
import Registry
import Runtimes
import Serving
import Testing

@testable import Store

struct ScaleTests {
    private struct OpenPlane: ServingPlane {
        func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) {}
        func discard(_ entry: EndpointEntry) {}
        func install(_ snapshot: ServingSnapshot) async {}
    }

    /// What the lists and the snapshot ask is answered by indexes: no plan reads a whole table but the one that it lists.
    @Test func `no list of models, versions or deployments scans a table beside its own`() async throws {
        let store = try Workshop().open()
        try await store.push("churn", "bytes")
        let plans = try await store.database.pool.writeWithoutTransaction { db in
            var statements: [String] = []
            db.trace { event in
                if case .statement(let statement) = event { statements.append(statement.expandedSQL) }
            }
            let transaction = StoredTransaction(db, store.database)
            _ = try transaction.models(space: "default", after: "a", limit: 100)
            _ = try transaction.versions(model: "churn", space: "default", before: nil, limit: 100)
            _ = try transaction.version(model: "churn", number: nil, space: "default")
            _ = try transaction.deployments(space: "default", after: nil, limit: 100)
            _ = try transaction.endpoint("churn", space: "default")
            _ = try transaction.revisions(endpoint: "churn", space: "default")
            db.trace(options: .statement, nil)
            return try statements.filter { $0.hasPrefix("SELECT") }.flatMap { sql in
                try Row.fetchAll(db, sql: "EXPLAIN QUERY PLAN " + sql).map { $0["detail"] as String }
            }
        }
        #expect(plans.count > 10)
        #expect(plans.filter { $0.hasPrefix("SCAN") } == [])
    }

    /// `SLIPWAY_MEASURE=1 swift test -c release --filter ScaleTests` prints what docs/decisions/store.md quotes.
    @Test(.enabled(if: ProcessInfo.processInfo.environment["SLIPWAY_MEASURE"] != nil))
    func `measure a thousand models and a hundred deployments`() async throws {
        let workshop = try Workshop()
        var store: Store? = try workshop.open()
        let clock = ContinuousClock()
        func measure(_ what: String, _ body: () async throws -> Void) async throws {
            print("\(what): \(try await clock.measure(body))")
        }
        if let store {
            let service = store.service
            let deployments = DeploymentService(store: store.deployments, plane: OpenPlane())
            try await measure("1,000 pushes") {
                for number in 0..<1000 {
                    let file = try await store.upload(Array("model \(number)".utf8))
                    _ = try await service.push(
                        model: "model-\(number)", space: "default", files: [file], metrics: ["auc": 0.5],
                        principal: .local)
                }
            }
            try await measure("100 deploys") {
                for number in 0..<100 {
                    _ = try await deployments.deploy(
                        endpoint: "e-\(number)", space: "default", model: "model-\(number)", principal: .local)
                }
            }
        }
        store = nil
        for _ in 0..<2 {
            try await measure("open") { store = try await workshop.reopen() }
            store = nil
        }
        store = try await workshop.reopen()
        guard let store else { return }
        for _ in 0..<2 {
            try await measure("snapshot") { _ = try await store.deployments.read { try $0.snapshot() } }
            try await measure("100 models") { _ = try await store.service.models(space: "default", limit: 100) }
            try await measure("1,000 models") { _ = try await store.service.models(space: "default", limit: 1000) }
            let service = DeploymentService(store: store.deployments, plane: OpenPlane())
            try await measure("100 deployments") { _ = try await service.list(space: "default") }
        }
        try await measure("verify") { _ = try await store.verify() }
    }
}
