package import Tensors

/// What an ONNX file says about itself, read without ONNX Runtime and before it: the library sees only files that are
/// ONNX, whole, and refer to nothing outside their artifact.
package struct ONNXFile: Sendable, Hashable {
    /// The fields of `ModelProto` and its graph, by the names that `ModelDescription` has for them.
    package var irVersion = 0
    package var producer = ""
    package var producerVersion = ""
    package var graphName = ""
    package var documentation = ""
    /// Operator set versions by domain.
    package var opsets: [String: Int] = [:]
    /// `metadata_props`, without the entries beyond the first mebibyte.
    package var customMetadata: [String: String] = [:]
    package var inputs: [DeclaredValue] = []
    package var outputs: [DeclaredValue] = []
    /// Whether there is a Loop, Scan or If, or any other node with a graph inside, at any depth.
    package var hasControlFlow = false
    /// External data files, relative to the artifact's folder, each once, in order of appearance.
    package var externalFiles: [String] = []

    /// An input or output of the main graph as the file declares it.
    package struct DeclaredValue: Sendable, Hashable {
        package var name = ""
        /// `nil` when the file does not even say how many dimensions there are, or when it is not a tensor.
        package var shape: [Dimension]?

        package init(name: String = "", shape: [Dimension]? = nil) {
            self.name = name
            self.shape = shape
        }
    }

    /// Reads and checks the model file of `artifact`.
    package static func read(_ artifact: ModelArtifact) throws(ModelLoadError) -> ONNXFile {
        let place = ArtifactFiles(directory: artifact.directory)
        try place.refuseUnlessInside(artifact.modelFile, saidBy: "the version's manifest")
        let window: FileWindow
        do throws(FileWindowError) {
            window = try FileWindow(path: artifact.modelPath)
        } catch {
            throw error.loadError(file: artifact.modelFile)
        }
        var reader = ONNXFileReader(fields: ProtobufFields(window: window), file: artifact.modelFile)
        let (file, external) = try reader.read()
        var result = file
        result.externalFiles = try place.check(external, of: artifact.modelFile)
        return result
    }

    /// What the file says of itself, with the signature that the runtime gave.
    package func description(signature: Signature) -> ModelDescription {
        ModelDescription(
            format: "onnx", signature: signature, opsets: opsets, irVersion: irVersion, producer: producer,
            producerVersion: producerVersion, graphName: graphName, documentation: documentation,
            customMetadata: customMetadata, hasControlFlow: hasControlFlow, externalFiles: externalFiles)
    }

    /// An input without even a number of dimensions cannot be told to anybody, nor checked.
    func refuseInputsOfUnknownRank(in signature: Signature) throws(ModelLoadError) {
        for spec in signature.inputs where spec.shape.isEmpty && !spec.isOptional {
            guard let declared = inputs.first(where: { $0.name == spec.name }), declared.shape == nil else { continue }
            throw ModelLoadError(
                .invalidModel,
                "input '\(spec.name)' does not say how many dimensions it has; export the model with a shape for it "
                    + "(dimensions of any size may have a name instead of a number)")
        }
    }
}

extension FileWindowError {
    func loadError(file: String) -> ModelLoadError {
        switch self {
        case .system(2): ModelLoadError(.fileMissing, "\(file) is not there")
        case .system(let code): ModelLoadError(.invalidModel, "\(file) cannot be read (error \(code))")
        case .notRegular: ModelLoadError(.invalidModel, "\(file) is not a file, but a folder, a link or a device")
        case .beyondEnd: ModelLoadError(.invalidModel, "\(file) became shorter while it was read")
        }
    }
}
