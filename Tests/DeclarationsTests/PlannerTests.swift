import Documents
import Governance
import ManagementAPI
import Testing

@testable import Declarations

private func plan(_ text: String, _ state: ServerState, files: [String: String] = [:], prunes: Bool = false) throws
    -> Plan
{
    let declaration = try read(text)
    var local = LocalFiles()
    for model in declaration.models where model.file != nil { local.models[model] = files[model.name] ?? "new" }
    for dataSet in declaration.dataSets where dataSet.file != nil {
        local.dataSets[dataSet] = files[dataSet.name] ?? "new"
    }
    return Planner.plan(declaration, state, files: local, prunes: prunes)
}

private func server(_ spaces: [String: SpaceState]) -> ServerState { ServerState(generation: 7, spaces: spaces) }

private let churn = SpaceState(
    deployments: ["churn": DeployedState(model: "churn", version: 1, revision: 4)],
    monitors: ["churn": MonitorState(revision: 0, document: .mapping([:]))],
    models: ["churn": ModelState(latest: 2, versions: ["one": 1, "two": 2])])

struct PlannerTests {
    @Test func `an empty server gets everything, in the order in which it can be done`() throws {
        let plan = try plan(
            """
            spaces:
              - {name: dev, policy: {isolation: worker}, members: [{principal: a, role: owner}]}
            dataSets: [{name: d, space: dev, file: d.csv}]
            models: [{name: m, space: dev, file: m.onnx}]
            deployments: [{endpoint: m, space: dev}]
            monitors: [{endpoint: m, space: dev, drift: {enabled: false}}]
            """, ServerState(generation: 3, names: ["default"]))
        #expect(plan.problems == [])
        #expect(
            plan.steps.map(\.kind) == [.space, .policy, .member, .dataSet, .model, .deployment, .monitor])
        #expect(plan.steps.allSatisfy { $0.change == .add })
        guard case .deploy(_, .pushed, let options, 0) = plan.steps[5].work else {
            Issue.record("deploys \(plan.steps[5].work)")
            return
        }
        #expect(options == .standard)
    }

    @Test func `what is as declared needs no step, and what is not named is left alone`() throws {
        let text = "deployments: [{endpoint: churn}]\nmodels: [{name: churn, file: f}]\n"
        #expect(try plan(text, server(["default": churn]), files: ["churn": "one"]).steps == [])
        #expect(try plan("spaces: [{name: default}]", server(["default": churn]), prunes: true).steps == [])
    }

    @Test func `a version is a number, the latest, the declared file's, or left as it is`() throws {
        func version(_ choice: String, file: String = "one") throws -> [String] {
            let text = "deployments: [{endpoint: churn\(choice)}]\nmodels: [{name: churn, file: f}]\n"
            return try plan(text, server(["default": churn]), files: ["churn": file]).steps.flatMap(\.details)
        }
        #expect(try version("") == [])
        #expect(try version(", version: 1") == [])
        #expect(try version(", version: 2") == ["version: churn:1 -> churn:2"])
        #expect(try version(", version: latest") == ["version: churn:1 -> churn:2"])
        #expect(try version(", version: file", file: "two") == ["version: churn:1 -> churn:2"])
        #expect(try version(", version: file") == [])
        #expect(
            try version(", version: file", file: "three")
                == ["digest: three", "version: churn:1 -> churn:the version that is pushed"])
        #expect(
            try version(", version: latest", file: "three").last
                == "version: churn:1 -> churn:the version that is pushed")
    }

    @Test func `a revert of the file goes back to the version that had it`() throws {
        var state = churn
        state.deployments["churn"]?.version = 2
        let plan = try plan(
            "models: [{name: churn, file: f}]\ndeployments: [{endpoint: churn, version: file}]",
            server(["default": state]),
            files: ["churn": "one"])
        #expect(plan.steps.map(\.details) == [["version: churn:2 -> churn:1"]])
    }

    @Test func `options are all that is declared, and absent ones stay`() throws {
        var state = churn
        state.deployments["churn"]?.options.instances = 8
        #expect(try plan("deployments: [{endpoint: churn}]", server(["default": state])).steps == [])
        let step = try plan("deployments: [{endpoint: churn, options: {queueLimit: 9}}]", server(["default": state]))
            .steps
        #expect(step.map(\.details) == [["options.instances: 8 -> nothing", "options.queueLimit: nothing -> 9"]])
        guard case .deploy(_, .number(1), _, 4)? = step.first?.work else {
            Issue.record("\(step)")
            return
        }
    }

    @Test func `another version goes by the declared rollout, with the revision that it was planned from`() throws {
        let plan = try plan(
            "deployments: [{endpoint: churn, version: 2, rollout: {strategy: canary}}]", server(["default": churn]))
        #expect(plan.steps.map(\.kind) == [.rollout])
        guard case .startRollout(_, .number(2), 4)? = plan.steps.first?.work else {
            Issue.record("\(plan.steps)")
            return
        }
    }

    @Test func `an open rollout to the declared version is left to it, another one is a problem`() throws {
        var state = churn
        state.deployments["churn"]?.candidates = [1, 2]
        let left = try plan("deployments: [{endpoint: churn, version: 2}]", server(["default": state]))
        #expect(left.steps == [] && left.problems == [] && left.notes.count == 1)
        state.deployments["churn"]?.candidates = [1]
        #expect(
            try plan("deployments: [{endpoint: churn, version: 2}]", server(["default": state])).problems.first?.message
                .contains("open rollout") == true)
    }

    @Test(arguments: [
        ("deployments: [{endpoint: x, space: prd}]", "did you mean 'prod'?"),
        ("deployments: [{endpoint: x, model: chrn}]", "did you mean 'churn'?"),
        ("deployments: [{endpoint: churn, model: fraud}]", "an endpoint keeps one model"),
        ("deployments: [{endpoint: churn, version: 3}]", "slipway promote"),
        ("deployments: [{endpoint: churn, version: file}]", "declare it"),
        ("monitors: [{endpoint: chur}]", "did you mean 'churn'?"),
        ("models: [{name: other}]", "name its file"), ("dataSets: [{name: other}]", "name its file"),
        ("models: [{name: new, space: prod, file: f}]", "declare the model in space 'default'"),
    ])
    func `what cannot be carried out is said before anything is done`(text: String, hint: String) throws {
        let prod = SpaceState(policy: SpacePolicy(promotesFrom: ["default"], revision: 1))
        let plan = try plan(text, server(["default": churn, "prod": prod]))
        #expect(plan.problems.first?.hint?.contains(hint) == true, "\(plan.problems)")
        #expect(plan.problems.first?.place.file == "slipway.yaml")
    }

    @Test(arguments: ["file", "latest"])
    func `what has yet to be promoted waits, with its monitor, and keeps nothing else from being done`(
        version: String
    ) throws {
        let prod = SpaceState(policy: SpacePolicy(promotesFrom: ["default"], revision: 1))
        let plan = try plan(
            """
            models: [{name: new, file: f}]
            deployments: [{endpoint: new}, {endpoint: new, space: prod, version: \(version)}]
            monitors: [{endpoint: new, space: prod, drift: {enabled: false}}]
            """, server(["default": churn, "prod": prod]))
        #expect(plan.problems == [])
        #expect(plan.steps.map(\.title) == ["model new in space default", "deployment new in space default"])
        #expect(plan.notes.first?.hint?.contains("slipway promote") == true)
    }

    @Test func `a policy is compared by what it means`() throws {
        let policy = try SpacePolicy(
            document: DocumentText.value(
                yaml:
                    "{gates: [{name: g, kind: holdout, dataset: d, target: y, metrics: [{metric: accuracy, min: 1.0}]}]}"
            ),
            revision: 3)
        let state = server(["default": SpaceState(policy: policy)])
        let text =
            "spaces: [{name: default, policy: {isolation: any, gates: [{kind: holdout, name: g, dataset: d, target: y, "
        #expect(try plan(text + "metrics: [{metric: accuracy, min: 1}]}]}}]", state).steps == [])
        let changed = try plan(text + "metrics: [{metric: accuracy, min: 0.5}]}]}}]", state).steps
        guard case .setPolicy(_, ifRevision: 3)? = changed.first?.work else {
            Issue.record("\(changed)")
            return
        }
    }

    @Test func `a policy that freezes its space is set after everything else`() throws {
        let plan = try plan(
            "spaces: [{name: a, policy: {frozen: true}}]\nmodels: [{name: m, space: a, file: f}]\ndeployments: [{endpoint: m, space: a}]",
            ServerState(generation: 1))
        #expect(plan.steps.map(\.kind) == [.space, .model, .deployment, .policy])
    }

    @Test func `pruning takes only what the files speak of, in spaces that they declare`() throws {
        var state = churn
        state.deployments["old"] = DeployedState(model: "old", version: 1, revision: 9)
        state.monitors["old"] = MonitorState(
            revision: 2, document: .mapping(["drift": .mapping(["enabled": .flag(false)])]))
        state.monitors["churn"] = MonitorState(
            revision: 3, document: .mapping(["drift": .mapping(["enabled": .flag(false)])]))
        state.members = ["bob": .viewer, "eve": .owner]
        state.models["old"] = ModelState(latest: 1)
        let there = server(["default": state, "other": state])
        func pruned(_ text: String) throws -> [String] {
            try plan(text, there, prunes: true).steps.map { "\($0.change.rawValue) \($0.title)" }
        }
        #expect(try pruned("deployments: [{endpoint: churn}]") == [])
        #expect(try pruned("spaces: [{name: default}]") == [])
        #expect(
            try pruned("spaces: [{name: default}]\ndeployments: [{endpoint: churn}]")
                == ["remove deployment old in space default"])
        #expect(
            try pruned("spaces: [{name: default, members: [{principal: eve, role: owner}]}]\nmonitors: []")
                == [
                    "remove monitor of churn in space default", "remove monitor of old in space default",
                    "remove member bob in space default",
                ])
        #expect(
            try pruned("spaces: [{name: default}]\nmonitors:\ndeployments:\n")
                == ["remove deployment churn in space default", "remove deployment old in space default"])
        #expect(try plan("spaces: [{name: default}]\ndeployments: []", there).steps == [])
    }

    @Test func `the digest is of the steps and of what they were planned from`() throws {
        let text = "deployments: [{endpoint: churn, version: 2}]"
        let first = try plan(text, server(["default": churn]))
        var state = churn
        state.models["more"] = ModelState(latest: 1)
        #expect(try plan(text, ServerState(generation: 99, spaces: ["default": state])).digest == first.digest)
        state.deployments["churn"]?.revision = 5
        #expect(try plan(text, server(["default": state])).digest != first.digest)
        #expect(first.digest.count == 64)
    }
}
