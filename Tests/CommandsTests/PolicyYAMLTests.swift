import ManagementAPI
import Testing

@testable import Commands

struct PolicyYAMLTests {
    @Test func `a policy is printed as people write it`() throws {
        let policy = SpacePolicy(
            isolation: .worker, promotesFrom: ["test"],
            gates: [
                GatePolicy(name: "whole", kind: "integrity"),
                GatePolicy(
                    name: "ci", kind: "external", models: ["churn", "7", "true"],
                    rule: [
                        "timeoutSeconds": .whole(60), "note": .text("say \"yes\": now"),
                        "limits": .list([
                            .mapping(["metric": .text("auc"), "min": .number(0.5)]), .null,
                        ]),
                        "nothing": .mapping([:]),
                    ]),
            ], approvals: ApprovalPolicy(count: 1, roles: ["validator", "owner"], fourEyes: true), deploy: ["operator"])
        #expect(
            try PolicyYAML.lines(policy) == [
                "promotesFrom: [test]",
                "gates:",
                "  - name: whole",
                "    kind: integrity",
                "  - name: ci",
                "    kind: external",
                "    models: [churn, \"7\", \"true\"]",
                "    limits:",
                "      - metric: auc",
                "        min: 0.5",
                "      - null",
                "    note: \"say \\\"yes\\\": now\"",
                "    nothing: {}",
                "    timeoutSeconds: 60",
                "approvals:",
                "  count: 1",
                "  roles: [validator, owner]",
                "  fourEyes: true",
                "isolation: worker",
                "deploy: [operator]",
            ])
    }

    @Test func `demands are told in a few words`() {
        #expect(SpaceText.demand(SpacePolicy()) == "nothing")
        let policy = SpacePolicy(
            isolation: .shared, promotesFrom: ["a", "b"], gates: [GatePolicy(name: "g", kind: "integrity")],
            approvals: ApprovalPolicy(count: 2, roles: ["owner"], fourEyes: true))
        #expect(SpaceText.demand(policy) == "versions from a, b, 1 gate, 2 approvals, shared isolation")
    }
}
