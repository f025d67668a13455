import Experiments
import Journal
import Testing

/// What clients may call an artifact, and every spelling that would lead somewhere else.
@Suite struct ArtifactPathTests {
    @Test func `a path of a run and one of a logged model say whose they are`() throws {
        let run = try ArtifactPath(proxied: "12/abc/artifacts/model/MLmodel")
        #expect(run == ArtifactPath(experiment: ExperimentID(12), owner: .run("abc"), path: "model/MLmodel"))
        #expect(run.location == "mlflow-artifacts:/12/abc/artifacts/model/MLmodel")
        let model = try ArtifactPath(proxied: "0/models/m-1/artifacts")
        #expect(model == ArtifactPath(experiment: .ofDefault, owner: .model("m-1"), path: ""))
        #expect(model.location == "mlflow-artifacts:/0/models/m-1/artifacts")
        #expect(try model.at("a/b").path == "a/b")
        #expect(try model.at("") == model)
    }

    @Test(arguments: [
        "plots/loss curve.png", "100%.txt", "ünïcode/é.bin", "a:bc", ".hidden", "...", "a..b/c", "tilde~", "%zz",
    ])
    func `names that mean nothing else are taken`(path: String) throws {
        #expect(try ArtifactPath(proxied: "1/r/artifacts/" + path).path == path)
    }

    @Test(arguments: [
        ("../../etc/passwd", "'.' or '..'"), ("a/../../b", "'.' or '..'"), ("a/./b", "'.' or '..'"),
        ("%2e%2e/x", "'.' or '..'"), ("%252e%252e/x", "'.' or '..'"), ("%25252e%25252e/x", "'.' or '..'"),
        ("..%2f..%2fetc", "encoded '/'"), ("a%252fb", "encoded '/'"), ("/etc/passwd", "empty part"),
        ("//etc/passwd", "empty part"), ("a//b", "empty part"), ("file:/etc/passwd", "location"),
        ("FILE:/etc/passwd", "location"), ("%66ile:/etc/passwd", "location"), ("C:/windows", "location"),
        ("..\\..\\etc", "backslash"), ("a%5c..%5cb", "backslash"), ("a\u{0}b", "control character"),
        ("a%00b", "control character"), ("a\nb", "control character"), ("", "empty part"), ("a/", "empty part"),
        (String(repeating: "a", count: 256), "longer than 255"), (String(repeating: "a/", count: 40) + "b", "deeper"),
        (String(repeating: "a", count: 2000), "longer than 1024"),
    ])
    func `what would lead elsewhere is refused, however it is spelt`(path: String, why: String) throws {
        let error = #expect(throws: ControlError.self) { try ArtifactPath(proxied: "1/r/artifacts/" + path) }
        #expect(error?.code == .invalid)
        #expect(error?.field == "path")
        #expect(error?.message.contains(why) == true, "\(error?.message ?? "")")
        if !path.isEmpty {
            #expect(throws: ControlError.self) {
                try ArtifactPath(experiment: .ofDefault, owner: .run("r"), path: "").at(path)
            }
        }
    }

    @Test(arguments: [
        "", "1", "1/r", "1/r/x", "x/r/artifacts/a", "-1/r/artifacts/a", "1/models/m-1/x", "models/m-1/artifacts/a",
        "1/traces/t/artifacts", "99999999999999999999/r/artifacts/a", "/1/r/artifacts/a",
    ])
    func `what is below no run and no logged model is refused`(path: String) {
        if path.hasPrefix("1/traces") {
            // A run called `traces` is none that there is; the store says so.
            return #expect((try? ArtifactPath(proxied: path)) == nil)
        }
        #expect(throws: ControlError.self) { try ArtifactPath(proxied: path) }
    }
}
