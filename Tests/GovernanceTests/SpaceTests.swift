import Deployments
import Identity
import Journal
import Registry
import Store
import Testing

@testable import Governance

struct SpaceTests {
    @Test func `a space is made once, listed, and known to whoever is asked at once`() async throws {
        let harbour = try await Harbour()
        defer { harbour.remove() }
        #expect(!harbour.access.current.has(space: "new"))
        let made = try await harbour.spaces.create("new", principal: .asker, idempotencyKey: "k")
        #expect(made.space.name == "new")
        #expect(made.space.policy == SpacePolicy())
        #expect(harbour.access.current.has(space: "new"))
        #expect(try await harbour.spaces.create("new", principal: .asker, idempotencyKey: "k").space == made.space)
        #expect(await controlError { _ = try await harbour.spaces.create("new", principal: .asker) }?.code == .conflict)
        #expect(try await harbour.spaces.list().items.map(\.space.name) == ["default", "new", "prod", "test"])
        try await harbour.spaces.delete("new", principal: .asker)
        #expect(!harbour.access.current.has(space: "new"))
        #expect(try await harbour.store.verify().isIntact)
    }

    @Test(arguments: ["", ".", "..", "a/b", "~1~prod", "a b", "-a", "é", String(repeating: "a", count: 129)])
    func `a space has a name like everything else`(name: String) async throws {
        let harbour = try await Harbour()
        defer { harbour.remove() }
        #expect(await controlError { _ = try await harbour.spaces.create(name, principal: .asker) }?.code == .invalid)
    }

    @Test func `only an empty space is removed, and it is said what is in the way`() async throws {
        let harbour = try await Harbour()
        defer { harbour.remove() }
        try await harbour.push("churn", "one")
        try await harbour.policy("promotesFrom: [test]")
        _ = try await harbour.request(1)
        try await harbour.deploy(1)
        func refusal(_ name: String) async -> String? {
            await controlError { try await harbour.spaces.delete(name, principal: .asker) }?.message
        }
        #expect(await refusal("default")?.contains("stays") == true)
        #expect(await refusal("nowhere")?.contains("there is no space") == true)
        #expect(await refusal("test") == "the space 'test' is not empty: the model churn")
        #expect(await refusal("prod") == "the space 'prod' is not empty: the endpoint churn")
        try await harbour.deployments.delete("churn", space: "prod", principal: .asker)
        #expect(await refusal("prod") == nil)
        #expect(await refusal("prod")?.contains("there is no space") == true)
        #expect(try await harbour.store.verify().isIntact)
    }

    @Test func `a later space of the same name has nothing of the earlier one`() async throws {
        let harbour = try await Harbour()
        defer { harbour.remove() }
        try await harbour.push("churn", "one")
        try await harbour.policy("promotesFrom: [test]\nisolation: worker")
        _ = try await harbour.request(1)
        try await harbour.deploy(1)
        try await harbour.deployments.delete("churn", space: "prod", principal: .asker)
        try await harbour.spaces.delete("prod", principal: .asker)
        let again = try await harbour.spaces.create("prod", principal: .asker)
        #expect(again.models == 0)
        #expect(again.space.policy == SpacePolicy())
        #expect(try await harbour.spaces.policyRevisions(of: "prod").items.isEmpty)
        #expect(try await harbour.promotions.list(PromotionFilter(space: "prod")).items.isEmpty)
        #expect(try await harbour.promotions.list(PromotionFilter(space: "test")).items.count == 1)
        #expect(
            await controlError { _ = try await harbour.deployments.history("churn", space: "prod") }?.code == .notFound)
        #expect(await controlError { try await harbour.deploy(1) }?.code == .notFound)
        // It is as any other.
        try await harbour.push("other", "two", space: "prod")
        #expect(try await harbour.store.verify().isIntact)
    }

    @Test func `every policy is kept, with who set it`() async throws {
        let harbour = try await Harbour()
        defer { harbour.remove() }
        for yaml in ["promotesFrom: [test]", "promotesFrom: [test, default]", "promotesFrom: [test, default]", "{}"] {
            try await harbour.policy(yaml)
        }
        let all = try await harbour.spaces.policyRevisions(of: "prod").items
        #expect(all.map(\.policy.revision) == [3, 2, 1])
        #expect(all.map(\.policy.promotesFrom) == [[], ["test", "default"], ["test"]])
        #expect(Set(all.map(\.setBy)) == ["asker"])
        let page = try await harbour.spaces.policyRevisions(of: "prod", limit: 2)
        #expect(page.next == "2")
        #expect(try await harbour.spaces.policyRevisions(of: "prod", after: "2").items.map(\.policy.revision) == [1])
        #expect(await controlError { try await harbour.policy("promotesFrom: [prod]") }?.field == "promotesFrom")
    }

    @Test func `a space that takes versions by promotion takes no pushes`() async throws {
        let harbour = try await Harbour()
        defer { harbour.remove() }
        try await harbour.policy("promotesFrom: [test]")
        let error = await controlError { try await harbour.push("churn", "one", space: "prod") }
        #expect(error?.code == .refused)
        #expect(error?.message == "space 'prod' takes versions by promotion only, from test")
        try await harbour.policy("{}")
        #expect(try await harbour.push("churn", "one", space: "prod") == 1)
    }

    @Test func `why says how a version came to be live, and what blocks the next`() async throws {
        let harbour = try await Harbour()
        defer { harbour.remove() }
        try await harbour.push("churn", "one")
        try await harbour.push("churn", "two")
        try await harbour.policy(
            "promotesFrom: [test]\ngates: [{name: whole, kind: integrity}]\napprovals: {count: 1}")
        let explanations = Explanations(deployments: harbour.deployments, promotions: harbour.promotions)
        #expect(await controlError { _ = try await explanations.explain("churn", space: "prod") }?.code == .notFound)
        _ = try await harbour.request(1)
        _ = try await harbour.settled(1, .awaitingApproval)
        _ = try await harbour.approve(1)
        try await harbour.deploy(1)
        var why = try await explanations.explain("churn", space: "prod")
        let text = why.live.joined(separator: "\n")
        for part in [
            "churn:1 is live at 'churn' in prod", "deployed by asker as revision 1",
            "it came from test by promotion 1", "asked for by asker: better; pusher had pushed it",
            "gate whole (integrity) passed: the file has the digest it was pushed with",
            "files that differ is 0 (at most 0)", "under revision 1 of the policy", "approved by val on",
        ] {
            #expect(text.contains(part), "\(part)\n\(text)")
        }
        #expect(why.next == ["nothing newer is on its way: slipway promote churn:VERSION --from test --to prod"])

        _ = try await harbour.request(2)
        _ = try await harbour.settled(2, .awaitingApproval)
        why = try await explanations.explain("churn", space: "prod")
        #expect(
            why.next == [
                "promotion 2 of churn:2 from test passed its gates and needs 1 more approval by validator; "
                    + "val, val2 could give it: slipway promotion approve 2 --space prod"
            ])
        _ = try await harbour.promotions.reject(
            2, space: "prod", reason: "recall", principal: .validator, roles: [.validator])
        why = try await explanations.explain("churn", space: "prod")
        #expect(why.next == ["promotion 2 of churn:2 from test was rejected by val: recall"])
        harbour.hashing.find(["'model.onnx' has changed"])
        _ = try await harbour.request(2)
        _ = try await harbour.settled(3, .failed)
        why = try await explanations.explain("churn", space: "prod")
        #expect(
            why.next == [
                "promotion 3 of churn:2 from test failed at the gate whole: 'model.onnx' has changed",
                "  files that differ is 1 (at most 0)",
            ])
        harbour.hashing.find([])
        _ = try await harbour.request(2)
        _ = try await harbour.settled(4, .awaitingApproval)
        _ = try await harbour.approve(4)
        why = try await explanations.explain("churn", space: "prod")
        #expect(
            why.next == ["churn:2 is available here and not deployed: slipway deploy churn:2 --as churn --space prod"])
    }
}
