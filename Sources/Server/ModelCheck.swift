import Registry
import Runtimes
import Tensors

/// First contact with a pushed model, in a child process with the limits of this server.
struct ModelCheck: ModelChecking {
    let checker: ModelChecker
    let limits: ModelChecker.Limits

    init(_ configuration: ServerConfiguration) {
        checker = ModelChecker(library: configuration.onnxruntime)
        limits = ModelChecker.Limits(
            memoryBytes: configuration.checkMemoryBytes, loadSeconds: configuration.checkLoadSeconds,
            trialSeconds: configuration.checkTrialSeconds)
    }

    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription {
        try await checker.check(artifact, limits: limits)
    }
}
