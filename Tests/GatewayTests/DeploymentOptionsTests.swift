import Declarations
import Foundation
import Journal
import ManagementAPI
import Serving
import Testing

@testable import ManagementGateway

/// A deployment's options in the management interface.
@Suite struct DeploymentOptionsTests {
    private static let path = "/api/v1/spaces/default/deployments/e"

    @Test func `what nobody sets is what the client takes for the default`() throws {
        #expect(DeploymentOptions(try EndpointOptions(nil)) == DeploymentOptions.standard)
        #expect(DeploymentOptions(try EndpointOptions(DeploymentOptions())) == DeploymentOptions.standard)
    }

    @Test func `options come back as they were set, defaults filled in`() throws {
        let given = DeploymentOptions(
            instances: 2, minInstances: 0, idleSeconds: 5, queueLimit: 7, intraOpThreads: 2, deadlineMilliseconds: 9,
            maxBodyBytes: 10, batching: ManagementAPI.BatchingOptions(maxBatchSize: 4), isolation: .worker,
            workerMemoryBytes: 1 << 30, ledger: ManagementAPI.LedgerOptions(share: 0.5, exclude: ["x"]))
        var expected = given
        expected.ledger = ManagementAPI.LedgerOptions(
            share: 0.5, exclude: ["x"], hash: [], retentionDays: 30, retentionBytes: 1 << 30)
        expected.batching?.maxDelayMicroseconds = 1000
        #expect(DeploymentOptions(try EndpointOptions(given)) == expected)
    }

    private static func ask(_ options: String) async throws -> WireAnswer {
        let workshop = try await Workshop(served: false)
        return try await workshop.serving { address in
            try await Wire.connect(address) { session in
                try await session.ask("PUT", path, #"{"model":"iris","options":\#(options)}"#)
            }
        }
    }

    @Test(arguments: [
        (#"{"instances":0}"#, "instances", "instances is 0", "from 1 to 256"),
        (#"{"minInstances":2}"#, "minInstances", "minInstances is 2", "from 0 to 1"),
        (#"{"minInstances":0,"idleSeconds":0}"#, "idleSeconds", "idleSeconds is 0", "from 1 to 2592000"),
        (#"{"idleSeconds":10}"#, "idleSeconds", "minInstances is not 0", "set minInstances to 0"),
        (#"{"batching":{"maxBatchSize":1}}"#, "batching.maxBatchSize", "is 1", "from 2 to 65536"),
        (#"{"batching":{"maxDelayMicroseconds":5}}"#, "options.batching.maxBatchSize", "is missing", ""),
        (#"{"batching":{"maxBatchSize":2,"maxDelay":5}}"#, "options.batching.maxDelay", "means nothing", "maxDelayM"),
        (#"{"isolation":"docker"}"#, "options.isolation", "'options.isolation' is 'docker'", "shared, worker"),
        (#"{"isolation":7}"#, "options.isolation", "must be", ""),
        (#"{"workerMemoryBytes":5,"isolation":"worker"}"#, "workerMemoryBytes", "is 5", "from 67108864"),
        (#"{"ledger":{"share":2}}"#, "ledger.share", "is 2", "from 0"),
        (#"{"ledger":{"shar":1}}"#, "options.ledger.shar", "means nothing", "exclude, hash"),
        (#"{"ledger":{"exclude":"x"}}"#, "options.ledger.exclude", "must be a list", ""),
        (#"{"ledger":{"retentionDays":0}}"#, "ledger.retentionDays", "is 0", "from 1 to 3650"),
        (#"{"ledger":{"retentionBytes":1}}"#, "ledger.retentionBytes", "is 1", "from 16777216"),
        (#"{"instances":1.5}"#, "options.instances", "whole number, got 1.5", ""),
        (#"{"threads":2}"#, "options.threads", "means nothing", "intraOpThreads"),
    ])
    func `what cannot be set is refused by its name`(
        _ options: String, _ field: String, _ says: String, _ hint: String
    ) async throws {
        let response = try await Self.ask(options)
        let answer = try response.object()
        #expect(response.status == 400, "\(answer)")
        #expect(answer["field"] as? String == field, "\(answer)")
        #expect((answer["error"] as? String)?.contains(says) == true, "\(answer)")
        if !hint.isEmpty { #expect((answer["hint"] as? String)?.contains(hint) == true, "\(answer)") }
    }
}
