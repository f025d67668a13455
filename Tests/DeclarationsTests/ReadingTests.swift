import Documents
import Governance
import Journal
import ManagementAPI
import Testing

@testable import Declarations

/// Reads files, or says why they cannot be read.
func read(_ texts: String..., space: String = "default") throws -> Declaration {
    let files = texts.enumerated().map { index, text in
        DeclarationFile(name: index == 0 ? "slipway.yaml" : "more-\(index).yaml", folder: "/srv/team", text: text)
    }
    return try Declaration.read(files, space: space)
}

private func refusal(_ texts: String...) -> DeclarationError? {
    let files = texts.enumerated().map { index, text in
        DeclarationFile(name: index == 0 ? "slipway.yaml" : "more-\(index).yaml", folder: "/srv/team", text: text)
    }
    do throws(DeclarationError) {
        _ = try Declaration.read(files, space: "default")
        return nil
    } catch { return error }
}

struct ReadingTests {
    @Test func `a file with every section is read, with what its members leave out`() throws {
        let all = try read(
            """
            spaces:
              - name: dev
              - name: prod
                members: [{principal: alice, role: operator}]
                policy: {promotesFrom: [dev], approvals: {count: 2}}
            dataSets:
              - {name: holdout, space: dev, file: data/holdout.csv}
            models:
              - {name: churn, space: dev, file: churn.onnx, metrics: {auc: 0.9, n: 3}, tags: {team: 7}}
            deployments:
              - endpoint: churn
                space: dev
                version: file
                options: {instances: 2}
                watch: 5m
            monitors:
              - {endpoint: churn, space: dev, drift: {fullRows: 100}}
            pipeline: {anything: [goes, here]}
            """)
        #expect(all.spaces.map(\.name) == ["dev", "prod"])
        #expect(all.spaces[0].policy == nil && all.spaces[0].members == nil)
        #expect(all.spaces[1].policy?.approvals.count == 2)
        #expect(all.spaces[1].members?.first?.place.description == "slipway.yaml:4")
        #expect(all.dataSets[0].file?.location == "/srv/team/data/holdout.csv")
        #expect(all.models[0].metrics == ["auc": 0.9, "n": 3] && all.models[0].tags == ["team": "7"])
        #expect(all.deployments[0].model == "churn" && all.deployments[0].version == .file)
        #expect(all.deployments[0].options?.instances == 2)
        #expect(all.deployments[0].options?.deadlineMilliseconds == DeploymentOptions.standard.deadlineMilliseconds)
        #expect(all.deployments[0].watchSeconds == 300)
        #expect(all.sections == Set(Declaration.Section.allCases))
    }

    @Test(arguments: [
        ("deploymnets: []\n", 1, "deployments"),
        ("deployments:\n  - endpoint: a\n    optoins: {}\n", 3, "options"),
        ("deployments:\n  - endpoint: a\n    options:\n      instances: 2\n      queueLimt: 3\n", 5, "queueLimit"),
        ("spaces:\n  - name: a\n    policy:\n      gates:\n        - {name: g, kind: holdot}\n", 5, "holdout"),
        ("spaces:\n  - name: a\n    members:\n      - principal: p\n        role: owners\n", 5, "owner"),
        ("monitors:\n  - endpoint: a\n    alerts:\n      ruls: []\n", 4, "rules"),
        (
            "monitors:\n  - endpoint: a\n    retraining:\n      - name: x\n        command: [a]\n        coolDwon: 1h\n",
            6, "coolDown"
        ),
    ])
    func `what is misspelt is refused with its line and what was likely meant`(text: String, line: Int, meant: String) {
        let error = refusal(text)
        #expect(error?.place == SourcePlace(file: "slipway.yaml", line: line), "\(error?.sentence ?? "read")")
        #expect(error?.hint?.contains("did you mean '\(meant)'") == true, "\(error?.hint ?? "")")
    }

    @Test(
        arguments: [
            ("- a\n- b\n", nil, "a mapping"), ("spaces: 7\n", 1, "must be a list"),
            ("spaces:\n  - dev\n", 2, "must be a mapping"), ("spaces:\n  - policy: {}\n", 2, "is missing"),
            ("deployments:\n  - endpoint: a\n    version: newest\n", 3, "'deployments[0].version'"),
            ("deployments:\n  - endpoint: a\n    options:\n      instances: two\n", 4, "instances"),
            ("deployments:\n  - endpoint: a\n    options:\n      instances: 0\n", 4, "instances is 0"),
            ("deployments:\n  - endpoint: a\n    options: {idleSeconds: 3}\n", 3, "idleSeconds"),
            ("deployments:\n  - endpoint: a\n    options: {ledger: {share: 2}}\n", 3, "ledger.share"),
            ("deployments:\n  - endpoint: a\n    watch: soon\n", 3, "length of time"),
            ("deployments:\n  - endpoint: a\n    rollout: {strategy: canary, to: 3}\n", 3, "cannot stand here"),
            ("deployments:\n  - endpoint: a\n    rollout: {strategy: blue-green, steps: [5]}\n", 3, "steps"),
            ("deployments:\n  - endpoint: 'a b'\n", 2, "not a valid name"),
            ("models:\n  - {name: m, metrics: {auc: 1}}\n", 2, "'models[0].file' is missing"),
            ("models:\n  - name: m\n    file: f\n    metrics:\n      auc: good\n", 5, "a number"),
            ("dataSets:\n  - name: d\n    file: f\n    schema: {columns: [{name: a, type: date}]}\n", 4, "date"),
            ("monitors:\n  - endpoint: a\n    drift: {fullRows: 3}\n", 3, "fullRows"),
            ("monitors:\n  - endpoint: a\n    alerts: {notify: [{webhook: 'https://u:p@h/'}]}\n", 3, "password"),
            ("pipeline: run\n", 1, "pipeline"), ("", nil, "empty"),

            (
                "spaces:\n  - name: a\n    members:\n      - {principal: x, role: viewer}\n      - {principal: x, role: owner}\n",
                5,
                "second time"
            ),
        ] as [(String, Int?, String)])
    func `what is wrong is refused with its line`(text: String, line: Int?, words: String) {
        let error = refusal(text)
        #expect(error?.sentence.contains(words) == true, "\(error?.sentence ?? "read")")
        #expect(error?.place.line == line, "\(error?.sentence ?? "read")")
    }

    @Test(arguments: [
        ("spaces: [{name: a}\n", "not YAML"), ("spaces:\n  - {name: a}\nspaces: []\n", "twice"),
        ("spaces: []\n---\nspaces: []\n", "not YAML"),
    ])
    func `what is no YAML is refused with a line`(text: String, words: String) {
        let error = refusal(text)
        #expect(error?.message.contains(words) == true, "\(error?.sentence ?? "read")")
        #expect(error?.place.line != nil)
    }

    @Test(arguments: ["/etc/passwd", "../secret", "a/../../b", "..", "./../x"])
    func `a path that leads out of the folder is refused`(path: String) {
        let error = refusal("models:\n  - name: m\n    file: \"\(path)\"\n")
        #expect(error?.place.line == 3)
        #expect(error?.message.contains("leads out of the folder") == true)
    }

    @Test func `a path may go up as long as it stays inside`() throws {
        #expect(try read("models: [{name: m, file: a/../b.onnx}]").models[0].file?.path == "a/../b.onnx")
    }

    @Test(arguments: [
        "a: &a [x, x, x]\nb: &b [*a, *a, *a]\nc: [*b, *b, *b]\n", String(repeating: "[", count: 1000),
        "spaces:\n" + String(repeating: "- ", count: 100) + "x\n",
    ])
    func `a bomb is refused before it is parsed`(text: String) {
        #expect(refusal(text)?.place.line != nil)
    }

    @Test func `a file of more than a mebibyte is refused`() {
        let error = refusal("# " + String(repeating: "x", count: 1 << 20))
        #expect(error?.message.contains("at most 1048576") == true)
    }

    @Test(arguments: [
        ("spaces: [{name: a}]", "the space 'a'"), ("models: [{name: m}]", "the model 'm' of space 'default'"),
        ("dataSets: [{name: d}]", "the data set 'd'"), ("deployments: [{endpoint: e}]", "the endpoint 'e'"),
        ("monitors: [{endpoint: e}]", "the monitor of 'e'"),
    ])
    func `what two files declare is refused with both places`(text: String, what: String) {
        let error = refusal(text + "\n", "# one line more\n" + text + "\n")
        #expect(error?.message.hasPrefix(what) == true, "\(error?.sentence ?? "read")")
        #expect(error?.place == SourcePlace(file: "more-1.yaml", line: 2))
        #expect(error?.hint?.contains("slipway.yaml:1") == true)
    }

    @Test func `the same names in different spaces are different things`() throws {
        let all = try read("deployments: [{endpoint: e, space: a}, {endpoint: e, space: b}, {endpoint: e}]")
        #expect(all.deployments.map(\.space) == ["a", "b", "default"])
    }

    @Test func `a model has one home that its file is pushed to`() {
        let error = refusal("models: [{name: m, space: a, file: x}, {name: m, space: b, file: x}]")
        #expect(error?.message.contains("whole server") == true)
    }

    @Test func `JSON is read as YAML is, with its lines`() {
        let error = refusal("{\n\t\"spaces\": [\n\t\t{\"name\": \"a\", \"polcy\": {}}\n\t]\n}\n")
        #expect(error?.place.line == 3 && error?.hint == "did you mean 'policy'?", "\(error?.sentence ?? "read")")
    }
}
