import Experiments
import Journal
import Testing

@testable import MLflowGateway

@Suite struct ModelSourceTests {
    @Test func `What is on this server is read`() throws {
        #expect(try ModelSource("models:/m-1") == .loggedModel("m-1"))
        #expect(try ModelSource("models:/churn/3") == .version("churn", 3))
        #expect(try ModelSource("models:/churn/latest") == .version("churn", nil))
        #expect(try ModelSource("models:/churn@champion") == .alias("churn", "champion"))
        #expect(try ModelSource("runs:/r1") == .run("r1", path: ""))
        #expect(try ModelSource("runs:/r1/deep/model/") == .run("r1", path: "deep/model"))
        #expect(try ModelSource("mlflow-artifacts:/models/churn/3") == .version("churn", 3))
        #expect(
            try ModelSource("mlflow-artifacts:/1/r1/artifacts/model")
                == .artifacts(try ArtifactPath(proxied: "1/r1/artifacts/model")))
    }

    @Test(arguments: [
        "", "churn", "/etc/passwd", "file:/etc/passwd", "file:///etc/passwd", "http://a/b", "s3://a/b", "dbfs:/a",
        "models:churn/3", "models:/", "models://a/churn/3", "models:/churn/3/x", "models:/churn/0", "models:/churn/-1",
        "models:/churn/Production", "models:/churn/99999999999999999999", "runs:/", "runs:/r1/../r2",
        "runs:/r1/%2e%2e/r2",
        "runs:/r1/%252e%252e/r2", "runs:/r1//etc", "runs:/r1/a\\b", "runs:/r1/a\u{0}b", "mlflow-artifacts:/",
        "mlflow-artifacts:/models/churn", "mlflow-artifacts:/blobs/x", "mlflow-artifacts://host/1/r1/artifacts",
        "MODELS:/m-1",
    ]) func `What is elsewhere, or would lead there, is refused`(source: String) {
        let error = #expect(throws: ControlError.self) { try ModelSource(source) }
        #expect(error?.code == .invalid)
        #expect(error?.field == "source")
    }
}
