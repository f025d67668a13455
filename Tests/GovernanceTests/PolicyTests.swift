import Documents
import Foundation
import Governance
import Identity
import Journal
import Serving
import Testing

struct PolicyTests {
    private static func policy(_ yaml: String) throws -> SpacePolicy {
        try SpacePolicy(document: DocumentText.value(yaml: yaml))
    }

    private static func refusal(_ yaml: String) -> ControlError? {
        do {
            _ = try policy(yaml)
            return nil
        } catch { return error as? ControlError }
    }

    private static let full = """
        # What prod demands.
        promotesFrom: [test]
        gates:
          - name: whole
            kind: integrity
          - {name: ci, kind: external, timeoutSeconds: 3600, models: [churn, "7"]}
        approvals:
          count: 2
          roles: [validator, owner]
          fourEyes: true
        isolation: worker
        deploy: [operator]
        rollback: [operator, developer]
        """

    @Test func `a policy is read, and written as the same policy`() throws {
        let policy = try Self.policy(Self.full)
        #expect(policy.promotesFrom == ["test"])
        #expect(policy.gates.map(\.name) == ["whole", "ci"])
        #expect(policy.gates.last?.rule == .external(ExternalRule(timeoutSeconds: 3600)))
        #expect(policy.gates(for: "churn").map(\.name) == ["whole", "ci"])
        #expect(policy.gates(for: "other").map(\.name) == ["whole"])
        #expect(policy.approvals == ApprovalDemand(count: 2, roles: [.validator, .owner], fourEyes: true))
        #expect(policy.isolation == .worker)
        #expect(policy.deploy == [.operator])
        #expect(policy.rollout == nil)
        #expect(try SpacePolicy(document: policy.document) == policy)
        #expect(try SpacePolicy(document: DocumentText.value(json: Data(policy.document.json.utf8))) == policy)
        // JSON is YAML too.
        #expect(try Self.policy(policy.document.json) == policy)
    }

    @Test func `an empty mapping demands nothing, and approvals have defaults`() throws {
        #expect(try Self.policy("{}") == SpacePolicy())
        #expect(try Self.policy("approvals: {}").approvals == ApprovalDemand(count: 1, roles: [.validator]))
        #expect(try Self.policy("isolation: any").isolation == nil)
    }

    @Test(
        arguments: [
            ("gate: []", "gate", "did you mean 'gates'?"),
            ("gates: [{name: a, kind: integrty}]", "gates[0].kind", "did you mean 'integrity'?"),
            (
                "gates: [{name: a, kind: external, timeoutSecond: 1}]", "gates[0].timeoutSecond",
                "did you mean 'timeoutSeconds'?"
            ),
            ("gates: [{name: a, kind: integrity, min: 1}]", "gates[0].min", "there are kind, models, name"),
            ("gates: [{kind: integrity}]", "gates[0].name", nil),
            ("gates: [{nam: a, kind: integrity}]", "gates[0].name", "there is 'gates[0].nam': did you mean 'name'?"),
            ("gates: [{name: a}]", "gates[0].kind", nil),
            ("gates: [{name: a b, kind: integrity}]", "gates[0].name", nil),
            ("gates: [{name: a, kind: integrity}, {name: a, kind: external}]", "gates", "a name of its own"),
            ("gates: [{name: a, kind: external, timeoutSeconds: 0}]", "gates[0].timeoutSeconds", "from 1 to 2592000"),
            ("gates: [{name: a, kind: external, timeoutSeconds: 1.5}]", "gates[0].timeoutSeconds", nil),
            ("gates: {name: a}", "gates", nil),
            ("gates: [{name: a, kind: data, minRow: 5}]", "gates[0].minRow", "docs/reference/gates.md"),
            (
                "gates: [{name: a, kind: data, columns: [{name: x}, {name: y, maxMising: 0}]}]",
                "gates[0].columns[1].maxMising", nil
            ),
            ("gates: [{name: a, kind: data, columns: [{type: text}]}]", "gates[0].columns[0].name", nil),
            ("gates: [{name: a, kind: data, minRows: 5, maxRows: 1}]", "gates[0].minRows", nil),
            ("gates: [{name: a, kind: data, minRows: many}]", "gates[0].minRows", nil),
            ("gates: [{name: a, kind: signature, strict: true}]", "gates[0].strict", nil),
            ("approvals: {count: 17}", "approvals.count", "from 0 to 16"),
            ("approvals: {count: -1}", "approvals.count", nil),
            ("approvals: {count: one}", "approvals.count", nil),
            ("approvals: {roles: [validater]}", "approvals.roles[0]", "did you mean 'validator'?"),
            ("approvals: {roles: []}", "approvals.roles", nil),
            ("approvals: {roles: [owner, owner]}", "approvals.roles[1]", nil),
            ("approvals: {foureyes: true}", "approvals.foureyes", "did you mean 'fourEyes'?"),
            ("approvals: {fourEyes: yes}", "approvals.fourEyes", nil),
            ("isolation: docker", "isolation", "there are any, shared, worker"),
            ("promotesFrom: test", "promotesFrom", nil),
            ("promotesFrom: [test, test]", "promotesFrom", nil),
            ("promotesFrom: [../test]", "promotesFrom[0]", nil),
            ("deploy: []", "deploy", nil),
            ("- a", nil, nil),
            ("a: b: c", nil, nil),
            ("a: 1\na: 2", nil, nil),
            ("{[a]: 1}", nil, nil),
            ("", nil, nil),
        ] as [(String, String?, String?)])
    func `what is wrong is named, with what was likely meant`(yaml: String, field: String?, hint: String?) throws {
        let error = try #require(Self.refusal(yaml), "\(yaml) was taken")
        #expect(error.code == .invalid)
        if let field { #expect(error.field == field, "\(error)") }
        if let hint { #expect(error.hint?.contains(hint) == true, "\(error)") }
    }

    /// Ten aliases of ten aliases ...: a few lines that stand for a billion texts.
    private static let laughs =
        "a: &a [x, x, x, x, x, x, x, x, x, x]\n"
        + zip("bcdefghij", "abcdefghi").map { next, last in
            "\(next): &\(next) [\(Array(repeating: "*\(last)", count: 10).joined(separator: ", "))]"
        }.joined(separator: "\n")

    @Test func `bombs are refused before a parser sees them`() throws {
        for bomb in [
            Self.laughs, "a: &a [*a]", "? &k [x]\n: *k", "{a: &x 1, b: *x}", "<<: *x",
            String(repeating: "[", count: 60_000), String(repeating: "{a: ", count: 10_000),
            String(repeating: "- ", count: 30_000) + "x", String(repeating: "? ", count: 30_000) + "x",
            (0..<300).map { String(repeating: " ", count: $0) + "a:" }.joined(separator: "\n"),
        ] {
            #expect(Self.refusal(bomb)?.code == .invalid, "\(bomb.prefix(40))")
        }
        #expect(Self.refusal("# " + String(repeating: "x", count: 70_000))?.code == .tooLarge)
        let deep = String(repeating: "[", count: 600) + String(repeating: "]", count: 600)
        #expect(throws: ControlError.self) { try DocumentText.value(json: Data("{\"gates\": \(deep)}".utf8)) }
        #expect(throws: ControlError.self) { try DocumentText.value(json: Data(repeating: 0x20, count: 70_000)) }
    }

    @Test func `texts with stars and ampersands that stand for nothing are taken`() throws {
        #expect(try DocumentText.value(yaml: "a: x*y & z") == .mapping(["a": .text("x*y & z")]))
        #expect(
            try DocumentText.value(yaml: "a: [1, 1.5, true, null, 'true', \"1\", 0x10, .inf, nan]")
                == .mapping([
                    "a": .list([
                        .whole(1), .number(1.5), .flag(true), .null, .text("true"), .text("1"), .text("0x10"),
                        .text(".inf"), .text("nan"),
                    ])
                ]))
    }
}
