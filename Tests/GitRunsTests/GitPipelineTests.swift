import Documents
import Journal
import Testing

@testable import GitRuns

@Suite struct GitPipelineTests {
    private static func read(_ text: String) throws -> GitPipeline {
        try GitPipeline.read(try DocumentText.value(yaml: text, what: "slipway.yaml"))
    }

    @Test func `a pipeline with everything in it is read as it stands`() throws {
        let pipeline = try Self.read(
            """
            model: {name: churn, file: out/model.onnx, metrics: out/m.json, reference: d/t.csv, dataSet: rows, golden: g.json}
            data: [{name: rows, file: d/t.csv}, {name: unseen, file: d/h.jsonl, space: test}]
            validate: [python3 validate.py]
            build: [make, "make install"]
            test: [pytest -q]
            promote: [test, prod]
            deploy: {space: prod, as: live, rollout: {strategy: canary, steps: [10]}}
            limits: {time: 2m, memory: 512MB, disk: 1GiB, processes: 8}
            """)
        #expect(pipeline.model?.reference == "d/t.csv" && pipeline.model?.golden == "g.json")
        #expect(pipeline.data.map(\.isCSV) == [true, false] && pipeline.data[1].space == "test")
        #expect(pipeline.build == ["make", "make install"])
        #expect(pipeline.deploy?.endpoint == "live" && pipeline.deploy?.rollout != nil)
        #expect(pipeline.limits.seconds == 120 && pipeline.limits.memoryBytes == 512_000_000)
        #expect(pipeline.limits.diskBytes == 1 << 30 && pipeline.limits.processes == 8)
        #expect(pipeline.spaces().map(\.space) == ["test", "test", "prod", "prod"])
    }

    @Test func `what is left out has defaults, and steps are those that there is something to do in`() throws {
        let pipeline = try Self.read("{model: {name: churn, file: m.onnx}, deploy: {space: prod}}")
        #expect(pipeline.deploy?.endpoint == "churn" && pipeline.limits == GitRunLimits())
        #expect(pipeline.steps.map(\.name) == ["push", "deploy"])
        #expect(try Self.read("{validate: [make]}").steps.map(\.name) == ["validate"])
    }

    @Test(arguments: [
        ("{}", "pipeline", "asks for nothing"),
        ("{validat: [x]}", "pipeline.validat", "did you mean 'validate'"),
        ("{model: {name: churn}}", "pipeline.model.file", "is missing"),
        ("{model: {name: ch urn, file: x}}", "pipeline.model.name", "not a valid name"),
        ("{model: {name: churn, file: ../x}}", "pipeline.model.file", "no path in the repository"),
        ("{model: {name: churn, file: /x}}", "pipeline.model.file", "no path in the repository"),
        ("{model: {name: churn, file: .git/config}}", "pipeline.model.file", "no path in the repository"),
        ("{model: {name: churn, file: a//b}}", "pipeline.model.file", "no path in the repository"),
        ("{model: {name: churn, file: x, metrics: '..'}}", "pipeline.model.metrics", "no path in the repository"),
        ("{promote: [test]}", "pipeline.model", "is missing"),
        ("{deploy: {space: prod, as: x}}", "pipeline.model", "is missing"),
        ("{validate: make}", "pipeline.validate", "must be a list"),
        ("{validate: [' ']}", "pipeline.validate[0]", "is empty"),
        ("{model: {name: m, file: x}, promote: [a, a]}", "pipeline.promote[1]", "a second time"),
        (
            "{model: {name: m, file: x}, deploy: {space: p, rollout: {to: 3}}}", "pipeline.deploy.rollout",
            "names a version"
        ),
        ("{validate: [x], limits: {time: 2 days}}", "pipeline.limits.time", "is no length of time"),
        ("{validate: [x], limits: {memory: much}}", "pipeline.limits.memory", "is no size"),
        ("{validate: [x], limits: {memory: 99999999999TB}}", "pipeline.limits.memory", "is no size"),
        ("{validate: [x], limits: {disk: 1}}", "pipeline.limits.disk", "from 1000000"),
        ("{validate: [x], limits: {processes: 0}}", "pipeline.limits.processes", "from 1 to 10000"),
        ("[x]", "pipeline", "must be a mapping"),
    ])
    func `what cannot be meant is refused at its place`(text: String, field: String, words: String) {
        let error = #expect(throws: ControlError.self) { try Self.read(text) }
        #expect(error?.field == field, "\(error?.description ?? "")")
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("https://github.com/acme/churn", true), ("https://github.com/acme/churn.git", true),
        ("https://host:8443/a/b", true), ("file:///srv/git/churn", true), ("file:///srv/git/churn/", true),
        ("http://host/a", false), ("ssh://host/a", false), ("git@host:a", false), ("ext::sh -c id", false),
        ("https://user@host/a", false), ("https://host/a?b", false), ("https://host/a#b", false),
        ("https://host", false),
        ("https:///a", false), ("file://host/a", false), ("file:///a/../b", false), ("file:///a//b", false),
        ("file:///a/%2e%2e/b", false), ("file:///a b", false), ("/srv/git", false), ("--upload-pack=x", false),
        ("", false),
    ])
    func `addresses are https or file, and mean one place`(text: String, isTaken: Bool) {
        #expect(((try? GitAddress(text)) != nil) == isTaken)
    }

    @Test(arguments: [
        ("https://github.com/acme/churn", "https://github.com/acme", true),
        ("https://github.com/acme/churn", "https://github.com/acme/", true),
        ("https://github.com/acme", "https://github.com/acme", true),
        ("https://github.com/acme-evil/churn", "https://github.com/acme", false),
        ("https://github.com.evil.example/acme/x", "https://github.com", false),
        ("file:///srv/git-other/x", "file:///srv/git", false), ("https://a/b", "https://", true),
        ("file:///srv/x", "https://", false),
    ])
    func `the list lets what is below its entries and nothing beside them`(url: String, entry: String, isLet: Bool)
        throws
    {
        #expect(try GitAddress(url).isAllowed(by: [entry]) == isLet)
        #expect(try !GitAddress(url).isAllowed(by: []))
    }

    @Test func `a refusal says the line to add`() throws {
        let error = #expect(throws: ControlError.self) {
            try GitAddress("https://github.com/acme/churn").requireAllowed(by: ["file:///srv"])
        }
        #expect(error?.hint?.contains("git_allow: file:///srv, https://github.com/acme") == true)
        #expect(GitAddress.prefixes(in: " https://a/b , ,file:///c ") == ["https://a/b", "file:///c"])
    }

    @Test(arguments: [
        ("main", true), ("release/1.2", true), ("v1.0", true), ("feature/x_y-z", true),
        ("-main", false), ("a..b", false), ("a:b", false), ("a*", false), ("", false), ("a b", false), ("/a", false),
        ("a/", false), ("a~1", false), ("a^", false), ("@", false), (".hidden", false), ("a.lock", false),
    ])
    func `references are names, never options, patterns or ranges`(text: String, isTaken: Bool) {
        #expect(((try? GitReference.check(text, field: "ref")) != nil) == isTaken)
    }
}
