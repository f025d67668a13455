import Foundation
import Journal
import Serving
import Testing

@testable import Deployments

/// Whose callers are whose from one rollout of an endpoint to the next.
struct RolloutKeysTests {
    private static func variants(_ weight: Int) -> String {
        "{strategy: ab, sticky: {header: x-user}, variants: [{name: b, to: 2, weight: \(weight)}, "
            + "{name: c, to: 3, weight: 20}]}"
    }

    @Test func `an experiment that is started again with other weights moves only whom it has to`() async throws {
        let dock = try Dock()
        defer { dock.remove() }
        for text in ["one", "two", "three"] { try await dock.push("churn", text) }
        _ = try await dock.deploy("churn", "churn", 1)
        let first = try await dock.start("churn", Self.variants(20))
        _ = try await dock.rollouts.abort("churn", space: "default", principal: .local)
        // A deploy between them, whose watch tells nobody apart, forgets nothing.
        _ = try await dock.deploy("churn", "churn", 1, options: EndpointOptions(queueLimit: 9))
        let second = try await dock.start("churn", Self.variants(40))
        var moved = 0
        for user in 0..<2000 {
            let key = "user-\(user)"
            let (before, after) = (first.variant(ofKey: key, step: 0), second.variant(ofKey: key, step: 0))
            #expect(before == after || (before == "stable" && after == "b"))
            if before != after { moved += 1 }
        }
        #expect((300...500).contains(moved))
        #expect(dock.plane.shares("churn") == "stable:1=4000 b:2=4000 c:3=2000")
        #expect(dock.plane.installed.last?.endpoints.first?.traffic?.contradiction == nil)
    }

    @Test func `a rollout of before there were tables is read, and shares its callers as it did`() async throws {
        let dock = try Dock()
        defer { dock.remove() }
        for text in ["one", "two"] { try await dock.push("churn", text) }
        _ = try await dock.deploy("churn", "churn", 1)
        let rollout = try await dock.start("churn", "{to: 2, steps: [50], sticky: {header: x-user}}")
        var document = try #require(
            try JSONSerialization.jsonObject(with: JSONEncoder().encode(rollout.spec)) as? [String: Any])
        #expect(document.removeValue(forKey: "keys") != nil)
        let spec = try JSONDecoder().decode(
            RolloutSpec.self, from: JSONSerialization.data(withJSONObject: document))
        #expect(spec.keys(step: 0) == nil)
        let old = Rollout(
            id: 1, number: 1, endpoint: "churn", space: "default", model: "churn", spec: spec, origin: rollout.origin,
            requestedBy: "local", requestedAt: rollout.requestedAt, life: rollout.life, progress: rollout.progress)
        // What VariantChooserTests has written down for ever.
        let sides = (0..<32).map { old.variant(ofKey: "user-\($0)", step: 0) == "canary" ? "1" : "0" }
        #expect(sides.joined() == "10000010110111011001100000001110")
    }
}
