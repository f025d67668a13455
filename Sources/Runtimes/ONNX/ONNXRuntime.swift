package import Logging
import Synchronization

/// Executes ONNX models with ONNX Runtime's own shared library, which is opened when the first model is loaded.
package final class ONNXRuntime: ModelRuntime {
    package let format = "onnx"
    private let search: ONNXRuntimeSearch
    private let logger: Logger
    private let opened = Mutex<ONNXRuntimeLibrary?>(nil)

    /// Opens nothing yet. `search` says where the library may be.
    package init(
        search: ONNXRuntimeSearch = .ofThisProcess(), logger: Logger = Logger(label: "slipway.onnxruntime")
    ) {
        self.search = search
        self.logger = logger
        // Here, where nobody has lowered a priority yet.
        _ = ThreadMaker.ofThisProcess
    }

    package var version: String? { opened.withLock { $0 }.map { "ONNX Runtime \($0.version)" } }

    /// The library, opened now if it was not yet. A failure is not remembered: it may be installed meanwhile.
    package func library() throws(ModelLoadError) -> ONNXRuntimeLibrary {
        let search = search
        let logger = logger
        let result = opened.withLock { library -> Result<ONNXRuntimeLibrary, ModelLoadError> in
            if let library { return .success(library) }
            do throws(ModelLoadError) {
                let new = try ONNXRuntimeLibrary.open(search, logger: logger)
                library = new
                return .success(new)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    /// Reads the file with our own reader first, and refuses what must not reach the library; then loads it.
    package func load(
        _ artifact: ModelArtifact, options: RuntimeOptions
    ) throws(ModelLoadError) -> any ModelInstance {
        // The file first: what it is, and that it refers to nothing outside its artifact, before the library sees it.
        let file = try ONNXFile.read(artifact)
        let library = try library()
        let session: ONNXSession
        do throws(ONNXFailure) {
            session = try ONNXSession(library: library, path: artifact.modelPath, options: options)
        } catch {
            throw Self.loadError(error, artifact)
        }
        let signature = try session.signature()
        try file.refuseInputsOfUnknownRank(in: signature)
        return ONNXInstance(session: session, description: file.description(signature: signature))
    }

    private static func loadError(_ failure: ONNXFailure, _ artifact: ModelArtifact) -> ModelLoadError {
        let file = artifact.modelFile
        // Where our files are is nobody's business.
        let why = failure.message.replacing(artifact.modelPath, with: file)
        if failure.isOutOfMemory {
            return ModelLoadError(.outOfMemory, "There is not enough memory to load \(file): \(why)")
        }
        switch failure.code {
        case .noSuchFile: return ModelLoadError(.fileMissing, "\(file) refers to a file that is not there: \(why)")
        case .notImplemented:
            return ModelLoadError(.invalidModel, "\(file) uses an operator that ONNX Runtime does not have: \(why)")
        default: return ModelLoadError(.invalidModel, "ONNX Runtime cannot load \(file): \(why)")
        }
    }
}

extension ModelArtifact {
    /// The model file's path.
    var modelPath: String { "\(directory)/\(modelFile)" }
}
