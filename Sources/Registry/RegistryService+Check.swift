import Foundation
import InferenceProtocol
import Journal
import Runtimes
import Serving
import Tensors

extension RegistryService {
    /// Lays the files out, looks at the first bytes, then has the checker load the model, away from the server.
    func check(_ reference: ArtifactReference, modelFile: String) async throws(ControlError) -> ModelDescription {
        let artifacts = self.artifacts
        let artifact = try await threads.run { () throws(ControlError) in try artifacts.layOut(reference) }
        let modelPath = artifact.directory + "/" + artifact.modelFile
        let start = await threads.run { Self.firstBytes(of: modelPath) }
        if let foreign = ForeignFormat(firstBytes: start) { throw foreign.refusal(of: modelFile) }
        do {
            return try await checker.check(artifact)
        } catch {
            // The checker knows the file by the name it has in the laid-out version.
            let message = error.message.replacingOccurrences(of: artifact.modelFile, with: modelFile)
            throw Self.refusal(of: modelFile, ModelLoadError(error.reason, message))
        }
    }

    private static func firstBytes(of path: String) -> [UInt8] {
        guard let handle = FileHandle(forReadingAtPath: path) else { return [] }
        defer { try? handle.close() }
        return (try? handle.read(upToCount: 16)).map { Array($0) } ?? []
    }

    private static func refusal(of modelFile: String, _ error: ModelLoadError) -> ControlError {
        switch error.reason {
        case .invalidModel, .unsupportedFormat, .notBatchable:
            ControlError(.notAModel, "'\(modelFile)' was refused: \(error.message)", field: "files")
        case .runtimeMissing:
            ControlError(.unavailable, error.message, hint: "`slipway doctor` says what is missing")
        case .digestMismatch:
            ControlError(.digestMismatch, error.message)
        case .goldenFailed:
            ControlError(
                .checkFailed, error.message, field: "files",
                hint: "golden inputs are the model's own test: mend \(GoldenInputs.fileName), or the model")
        case .fileMissing, .outOfMemory, .timedOut, .crashed:
            ControlError(.checkFailed, "'\(modelFile)' failed its trial load: \(error.message)", field: "files")
        }
    }
}
