import Journal
import Runtimes
import Serving
import Testing

@testable import Registry

@Suite struct CatalogTests {
    private static let onnx = """
        flavors:
          onnx: {data: model.onnx}
          python_function: {data: model.onnx, loader_module: mlflow.onnx}

        """
    private static let sklearn = """
        flavors:
          python_function: {loader_module: mlflow.sklearn, model_path: model.pkl}
          sklearn: {pickled_model: model.pkl}

        """

    /// Registers a folder of texts, by path.
    private static func register(
        _ bench: Bench, _ model: String, _ files: [String: String], metrics: [String: Double] = [:],
        tags: [String: String] = [:], description: String = ""
    ) async throws -> CatalogVersion {
        var stored: [ArtifactReference.File] = []
        for (path, text) in files { stored.append(try await bench.upload(text, path: path)) }
        return try await bench.catalog.register(
            Registration(
                model: model, space: "default", files: stored, metrics: metrics, tags: tags, gitCommit: "0123abcd",
                description: description, origin: VersionOrigin(source: "models:/m-1", run: "r1", loggedModel: "m-1")),
            principal: .local)
    }

    private static func name(_ bench: Bench, _ model: String) async throws {
        _ = try await bench.catalog.register(model, space: "default", principal: .local)
    }

    @Test func `A name can be taken before there is a version, once`() async throws {
        let bench = try Bench()
        let model = try await bench.catalog.register(
            "churn", description: "who leaves", tags: ["team": "crm"], space: "default", principal: .local)
        #expect(model.latest == nil)
        #expect(model.description == "who leaves")
        #expect(model.tags == ["team": "crm"])
        #expect(await controlError { try await Self.name(bench, "churn") }?.code == .conflict)
        #expect(try await bench.push("churn", "a model").version.number == 1)
        #expect(try await bench.catalog.model("churn", space: "default").latest == 1)
        #expect(try await bench.catalog.models(space: "default").map(\.name) == ["churn"])
    }

    @Test func `A model with an ONNX flavour becomes a version like any other`() async throws {
        let bench = try Bench()
        try await Self.name(bench, "churn")
        let version = try await Self.register(
            bench, "churn", ["MLmodel": Self.onnx, "model.onnx": "a model", "conda.yaml": "name: x"],
            metrics: ["auc": 0.9, "loss": .nan], tags: ["stage": "trial"], description: "first")
        #expect(version.number == 1)
        #expect(version.origin?.undeployable == nil)
        #expect(version.origin?.flavors == ["onnx", "python_function"])
        #expect(version.origin?.warnings.count == 1)
        #expect(version.provenance.metrics == ["auc": 0.9])
        #expect(version.provenance.gitCommit == "0123abcd")
        #expect(version.tags == ["stage": "trial"])
        #expect(version.description == "first")
        #expect(bench.checker.count == 1)
        let whole = try await bench.registry.version("churn", space: "default")
        #expect(whole.artifact.files.map(\.path) == ["MLmodel", "conda.yaml", "model.onnx"])
        #expect(whole.artifact.format == "onnx")
        try whole.requireDeployable()
    }

    @Test(arguments: [
        (["MLmodel": sklearn, "model.pkl": "\u{1}pickle"], "it has no ONNX flavour"),
        (["MLmodel": "nonsense", "model.onnx": "a model"], "the MLmodel file has no flavors"),
        (["MLmodel": "flavors: &a {b: *a}", "model.onnx": "a model"], "has an anchor or an alias"),
        // A line ends at U+2028 too.
        (["MLmodel": "flavors: [\u{2028}&a b,\u{2028}*a]", "model.onnx": "a model"], "has an anchor or an alias"),
        (["MLmodel": onnx, "data.bin": "x"], "is an ONNX model"),
        (
            ["MLmodel": onnx.replacing("model.onnx", with: "b.onnx"), "a.onnx": "a"],
            "its ONNX flavour is the file 'b.onnx'"
        ),
        (["model.pkl": "x"], "'model.pkl' is a Python pickle"),
    ]) func `What is not ONNX is kept, numbered, and never opened`(files: [String: String], reason: String) async throws
    {
        let bench = try Bench()
        try await Self.name(bench, "churn")
        let version = try await Self.register(bench, "churn", files)
        #expect(version.number == 1)
        #expect(version.origin?.undeployable?.contains(reason) == true, "\(version.origin?.undeployable ?? "")")
        #expect(bench.checker.count == 0)
        #expect(bench.layouts.isEmpty)
        let whole = try await bench.registry.version("churn", space: "default")
        #expect(whole.artifact.format == "mlflow")
        let error = #expect(throws: ControlError.self) { try whole.requireDeployable() }
        #expect(error?.code == .refused)
        #expect(error?.message.hasPrefix("churn:1 cannot be deployed") == true)
    }

    @Test func `What the checker refuses is no version`() async throws {
        let bench = try Bench(ScriptedChecker(failure: ModelLoadError(.invalidModel, "no graph")))
        try await Self.name(bench, "churn")
        let error = await controlError {
            _ = try await Self.register(bench, "churn", ["MLmodel": Self.onnx, "model.onnx": "nonsense"])
        }
        #expect(error?.code == .notAModel)
        #expect(try await bench.catalog.model("churn", space: "default").latest == nil)
        #expect(bench.layouts.isEmpty)
    }

    @Test func `The same files are the same version, and others the next`() async throws {
        let bench = try Bench()
        try await Self.name(bench, "churn")
        let files = ["MLmodel": Self.onnx, "model.onnx": "a model"]
        #expect(try await Self.register(bench, "churn", files).number == 1)
        #expect(try await Self.register(bench, "churn", files).number == 1)
        #expect(try await Self.register(bench, "churn", ["MLmodel": Self.onnx, "model.onnx": "another"]).number == 2)
    }

    @Test func `Two that register at once get different numbers`() async throws {
        let bench = try Bench()
        try await Self.name(bench, "churn")
        let numbers = try await withThrowingTaskGroup(of: Int.self) { group in
            for index in 0..<8 {
                group.addTask {
                    try await Self.register(bench, "churn", ["MLmodel": Self.onnx, "model.onnx": "model \(index)"])
                        .number
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        #expect(numbers.sorted() == Array(1...8))
    }

    @Test func `A version of a model that nobody registered is refused`() async throws {
        let bench = try Bench()
        let error = await controlError { _ = try await Self.register(bench, "churn", ["MLmodel": Self.onnx]) }
        #expect(error?.code == .notFound)
    }

    @Test func `Tags go over those that a version was pushed with`() async throws {
        let bench = try Bench()
        try await Self.name(bench, "churn")
        _ = try await Self.register(
            bench, "churn", ["MLmodel": Self.onnx, "model.onnx": "a"], tags: ["a": "1", "b": "2"])
        func tag(_ key: String, _ value: String?) async throws {
            try await bench.catalog.tag("churn", number: 1, key, value, space: "default", principal: .local)
        }
        try await tag("a", "3")
        try await tag("b", nil)
        try await tag("c", "4")
        try await tag("d", nil)
        #expect(try await bench.catalog.version("churn", space: "default").tags == ["a": "3", "c": "4"])
        let whole = try await bench.registry.version("churn", space: "default")
        #expect(whole.tags == ["a": "3", "c": "4"])
        #expect(whole.provenance.tags == ["a": "1", "b": "2"])
        #expect(await controlError { try await tag("", "x") }?.code == .invalid)
        #expect(await controlError { try await tag("x", String(repeating: "x", count: 100_001)) }?.code == .invalid)
    }

    @Test func `An alias moves, goes, and goes with its version`() async throws {
        let bench = try Bench()
        for text in ["one", "two", "three"] { _ = try await bench.push("churn", text) }
        func set(_ alias: String, _ number: Int) async throws {
            try await bench.catalog.setAlias(alias, of: "churn", to: number, space: "default", principal: .local)
        }
        func target(_ alias: String) async throws -> Int {
            try await bench.catalog.version("churn", alias: alias, space: "default").number
        }
        try await set("champion", 1)
        try await set("champion", 2)
        try await set("challenger", 3)
        #expect(try await target("champion") == 2)
        #expect(
            try await bench.catalog.model("churn", space: "default").aliases == ["champion": 2, "challenger": 3])
        #expect(try await bench.registry.model("churn", space: "default").aliases == ["champion": 2, "challenger": 3])
        try await bench.catalog.removeAlias("challenger", of: "churn", space: "default", principal: .local)
        #expect(await controlError { _ = try await target("challenger") }?.code == .notFound)
        _ = try await bench.registry.delete("churn", number: 2, space: "default", principal: .local)
        #expect(await controlError { _ = try await target("champion") }?.code == .notFound)
        #expect(await controlError { try await set("champion", 9) }?.code == .notFound)
    }

    @Test(arguments: ["", "latest", "LATEST", "v1", "V22", "3", "a b", "a/b", "ä", String(repeating: "a", count: 256)])
    func `An alias that means something already is refused`(alias: String) async throws {
        let bench = try Bench()
        _ = try await bench.push("churn", "one")
        let error = await controlError {
            try await bench.catalog.setAlias(alias, of: "churn", to: 1, space: "default", principal: .local)
        }
        #expect(error?.code == .invalid)
        #expect(error?.field == "alias")
    }

    @Test func `A model goes with all its versions, and its numbers never come back`() async throws {
        let bench = try Bench()
        for text in ["one", "two"] { _ = try await bench.push("churn", text) }
        try await bench.catalog.setAlias("champion", of: "churn", to: 1, space: "default", principal: .local)
        try await bench.catalog.tag("churn", "a", "1", space: "default", principal: .local)
        try await bench.catalog.unregister("churn", space: "default", principal: .local)
        #expect(await controlError { _ = try await bench.catalog.model("churn", space: "default") }?.code == .notFound)
        #expect(bench.layouts.isEmpty)
        try await Self.name(bench, "churn")
        let again = try await bench.catalog.model("churn", space: "default")
        #expect(again.tags.isEmpty && again.aliases.isEmpty && again.latest == nil)
        #expect(try await bench.push("churn", "one").version.number == 3)
    }
}
