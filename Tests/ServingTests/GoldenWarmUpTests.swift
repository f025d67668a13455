import Foundation
import InferenceProtocol
import Logging
import Runtimes
import Serving
import Tensors
import Testing

/// The version's own requests, run when it is loaded. The model doubles.
@Suite struct GoldenWarmUpTests {
    private func prepare(golden text: String, known: Int? = 1) async throws {
        let folder = NSTemporaryDirectory() + "slipway-golden-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/golden.json"))
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        let runtime = GateRuntime()
        let plane = DataPlane(
            runtimes: [runtime], artifacts: OneFolder(path: folder),
            configuration: DataPlane.Configuration(width: 1), logger: logger)
        var description = ModelDescription(format: "gate", signature: GateInstance.signature)
        description.goldenRequests = known
        try await plane.prepare(
            EndpointEntry(
                space: "default", name: "a", model: "a", version: 1, revision: 1,
                artifact: ArtifactReference(digest: "fast", format: "gate", files: []), description: description,
                options: EndpointOptions(), isLoaded: true))
        #expect(runtime.runs > 0 || known == nil)
    }

    private func request(_ data: String, expected: String) -> String {
        #"[{"inputs": [{"name": "x", "datatype": "FP32", "shape": [2], "data": \#(data)}], "#
            + #""expected": [{"name": "y", "data": \#(expected)}]}]"#
    }

    @Test func `a model that answers them as expected is loaded`() async throws {
        try await prepare(golden: request("[1, 2]", expected: "[2, 4]"))
    }

    @Test func `a model that answers anything else is not`() async throws {
        let error = await #expect(throws: ModelLoadError.self) {
            try await prepare(golden: request("[1, 2]", expected: "[2, 5]"))
        }
        #expect(error?.reason == .goldenFailed)
        #expect(error?.message.hasPrefix("golden[0]: output 'y'") == true)
    }

    @Test func `a file of that name in an older version is only a file`() async throws {
        try await prepare(golden: "not JSON", known: nil)
    }
}

private struct OneFolder: ArtifactProvider {
    let path: String

    func locate(_ reference: ArtifactReference) throws(ModelLoadError) -> ModelArtifact {
        ModelArtifact(digest: reference.digest, directory: path, modelFile: "model")
    }
}
