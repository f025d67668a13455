import Documents
import Governance
import Journal
import ManagementAPI
import Serving
import Testing

@testable import Declarations

/// Servers with all that an export has to carry, made by chance; the same seed makes the same one.
private struct RandomServer {
    var random: SeededRandom

    init(seed: UInt64) { random = SeededRandom(seed) }

    mutating func chance(_ odds: Int = 2) -> Bool { Int.random(in: 0..<odds, using: &random) == 0 }
    mutating func pick<Value>(_ values: [Value]) -> Value { values[Int.random(in: 0..<values.count, using: &random)] }

    static let texts = [
        "plain", "7", "true", "null", "R &D *star", "a: b # c", "[x] {y}", "tab\there\nand a line",
        "\"quoted\" \\ back",
        "- - - - - - - - - - - - - - - - - - - - -", "umlaut ü € 🚢", " ends with space ", "~", "0x10", "1e5", "",
    ]

    mutating func policy(among spaces: [String]) throws -> Governance.SpacePolicy {
        var yaml: [String: DocumentValue] = [:]
        if chance() { yaml["promotesFrom"] = .list([.text(pick(spaces))]) }
        if chance() {
            yaml["gates"] = .list([
                .mapping(["name": .text("whole"), "kind": .text("integrity")]),
                .mapping([
                    "name": .text("held"), "kind": .text("holdout"), "dataset": .text("d"), "target": .text("y"),
                    "metrics": .list([.mapping(["metric": .text("accuracy"), "min": .number(chance() ? 0.25 : 1.0)])]),
                    "models": .list([.text("7"), .text("churn")]),
                ]),
                .mapping(["name": .text("ci"), "kind": .text("external"), "timeoutSeconds": .whole(60)]),
            ])
        }
        for name in ["approvals", "rolloutApprovals"] where chance() {
            yaml[name] = .mapping(["count": .whole(pick([1, 2, 16])), "fourEyes": .flag(chance())])
        }
        if chance() { yaml["isolation"] = .text(pick(["any", "shared", "worker"])) }
        for name in ["deploy", "rollout", "rollback"] where chance() {
            yaml[name] = .list([.text("owner"), .text("operator")])
        }
        if chance(4) {
            yaml["frozen"] = .flag(true)
            yaml["frozenReason"] = .text(pick(Self.texts))
        }
        return try Governance.SpacePolicy(document: .mapping(yaml), revision: Int.random(in: 0...5, using: &random))
    }

    mutating func options() throws -> DeploymentOptions {
        var wire = DeploymentOptions()
        if chance() { wire.instances = pick([1, 8, 256]) }
        if chance() {
            wire.minInstances = 0
            if chance() { wire.idleSeconds = pick([1, 60, 300]) }
        }
        if chance() { wire.queueLimit = pick([1, 200]) }
        if chance() { wire.intraOpThreads = pick([1, 2]) }
        if chance() { wire.deadlineMilliseconds = pick([1, 60_000, 500]) }
        if chance() { wire.maxBodyBytes = pick([1, 64 << 20]) }
        if chance() {
            wire.batching = ManagementAPI.BatchingOptions(maxBatchSize: 64, maxDelayMicroseconds: chance() ? 0 : nil)
        }
        if chance() { wire.isolation = pick(IsolationMode.allCases) }
        if chance() { wire.workerMemoryBytes = 1 << 30 }
        if chance() {
            wire.ledger = ManagementAPI.LedgerOptions(
                share: pick([nil, 0, 0.1, 1]), exclude: chance() ? [pick(Self.texts)] : nil, hash: nil,
                retentionDays: pick([nil, 1, 30]), retentionBytes: pick([nil, 1 << 30]))
        }
        return DeploymentOptions(try EndpointOptions(wire))
    }

    mutating func monitor() throws -> DocumentValue {
        var yaml: [String: DocumentValue] = [:]
        if chance() { yaml["drift"] = .mapping(["fullRows": .whole(500), "leastIndex": .number(0.3)]) }
        if chance() {
            yaml["quality"] = .mapping(["task": .text("classification"), "segments": .list([.text("a b")])])
        }
        if chance() {
            yaml["alerts"] = .mapping([
                "rules": .list([
                    .mapping(["name": .text("errors"), "objective": .number(99.0), "burn": .number(6.5)]),
                    .mapping(["name": .text("slow"), "kind": .text("latency"), "milliseconds": .whole(200)]),
                    .mapping(["name": .text("traffic"), "enabled": .flag(false), "for": .text("5m")]),
                ]),
                "notify": .list([
                    .mapping(["webhook": .text("https://example.com/a?b=c&d=e"), "secret": .text("pager")]),
                    .mapping(["command": .list([.text("/bin/page"), .text(pick(Self.texts.filter { !$0.isEmpty }))])]),
                ]),
            ])
        }
        if chance() {
            yaml["retraining"] = .list([
                .mapping([
                    "name": .text("nightly"), "when": .mapping(["schedule": .text("*/10 3 * * mon-fri")]),
                    "command": .list([
                        .text("python3"), .text("train.py"), .text(pick(Self.texts.filter { !$0.isEmpty })),
                    ]),
                    "coolDown": .text("2h"), "limits": .mapping(["minutes": .whole(5)]),
                    "then": .mapping(["promote": .mapping(["to": .text("prod")])]),
                ])
            ])
        }
        var fields = try DocumentFields(.mapping(yaml), at: "")
        return try MonitorDocument.canonical(&fields)
    }

    mutating func server() throws -> ServerState {
        let names = ["default", "dev", "test", "prod", "7"]
        var spaces: [String: SpaceState] = [:]
        for name in names {
            var space = SpaceState(policy: try policy(among: names))
            for who in ["alice", "oidc:auth0|17", "group:ml-ops", "ü"] where chance() {
                space.members[who] = pick(RoleName.allCases.filter { $0 != .reporter })
            }
            for endpoint in ["churn", "fraud", "1e5", "true"] where chance() {
                let version = Int.random(in: 1...9, using: &random)
                space.models[endpoint] = ModelState(latest: version + 1)
                space.deployments[endpoint] = DeployedState(
                    model: endpoint, version: version, revision: 3, options: try options())
                space.monitors[endpoint] = MonitorState(revision: chance() ? 0 : 2, document: try monitor())
            }
            for dataSet in ["d", "holdout.v2"] where chance() { space.dataSets[dataSet] = DataSetState(latest: 1) }
            spaces[name] = space
        }
        return ServerState(generation: 1, spaces: spaces)
    }
}

struct ExportTests {
    @Test(arguments: 0..<100)
    func `applying what was exported changes nothing, pruning neither`(seed: UInt64) throws {
        var random = RandomServer(seed: seed)
        let server = try random.server()
        let text = Export.yaml(of: server).joined(separator: "\n")
        let declaration = try read(text, space: "elsewhere")
        let plan = Planner.plan(declaration, server, prunes: true)
        #expect(plan.problems == [])
        #expect(plan.steps.map(\.title) == [], "\(plan.steps.flatMap(\.details))\n\(text)")
    }

    @Test(arguments: 0..<25)
    func `what was exported makes an empty server the same`(seed: UInt64) throws {
        var random = RandomServer(seed: seed)
        let server = try random.server()
        let declaration = try read(Export.yaml(of: server).joined(separator: "\n"))
        // Bytes do not travel in a file: the models are there.
        var empty = ServerState(generation: 1)
        for (name, space) in server.spaces {
            empty.spaces[name] = SpaceState(models: space.models, dataSets: space.dataSets)
        }
        let steps = Planner.plan(declaration, empty).steps
        var options: [String: DeploymentOptions] = [:]
        for step in steps {
            if case .deploy(let declared, _, let wanted, 0) = step.work {
                options["\(declared.space)/\(declared.endpoint)"] = wanted
            }
        }
        for (name, space) in server.spaces {
            for (endpoint, deployment) in space.deployments {
                #expect(options["\(name)/\(endpoint)"] == deployment.options)
            }
        }
    }

    @Test(arguments: RandomServer.texts)
    func `any text comes back out of YAML as it was`(text: String) throws {
        let value = DocumentValue.mapping([
            "a": .text(text), text + "x": .list([.text(text), .mapping(["b": .text(text)])]),
        ])
        let lines = value.yaml().joined(separator: "\n")
        #expect(try DocumentText.value(yaml: lines) == value, "\(lines)")
    }
}
