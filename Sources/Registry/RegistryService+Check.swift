import Drift
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
        let description: ModelDescription
        do {
            description = try await checker.check(artifact)
        } catch {
            // The checker knows the file by the name it has in the laid-out version.
            let message = error.message.replacingOccurrences(of: artifact.modelFile, with: modelFile)
            throw Self.refusal(of: modelFile, ModelLoadError(error.reason, message))
        }
        if reference.files.contains(where: { $0.path == ReferenceProfile.fileName }) {
            try await threads.run { () throws(ControlError) in
                try Self.checkReference(in: artifact.directory, description)
            }
        }
        return description
    }

    /// Whether the profile that drift is to be measured against fits the model. Blocks.
    private static func checkReference(
        in folder: String, _ description: ModelDescription
    ) throws(ControlError) {
        let path = folder + "/" + ReferenceProfile.fileName
        guard let handle = FileHandle(forReadingAtPath: path) else {
            throw ControlError(.internalFailure, "'\(ReferenceProfile.fileName)' cannot be read", field: "reference")
        }
        defer { try? handle.close() }
        let bytes = (try? handle.read(upToCount: ReferenceProfile.maximumBytes + 1)).map { Array($0) } ?? []
        guard bytes.count <= ReferenceProfile.maximumBytes else {
            throw ControlError(
                .tooLarge, "'\(ReferenceProfile.fileName)' has more than \(ReferenceProfile.maximumBytes) bytes",
                field: "reference")
        }
        let profile: ReferenceProfile
        do {
            profile = try ReferenceProfile(bytes)
        } catch {
            throw ControlError(
                .invalid, "'\(ReferenceProfile.fileName)': \(error.description)", field: "reference",
                hint: "make it with `slipway model push --reference FILE`")
        }
        _ = try profile.references(
            for: FeaturePlan(description.signature), names: FeatureNames.read(description.customMetadata))
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
