import Drift
import InferenceProtocol
package import Journal
package import Serving

/// Which format a version has and which of its files is the model.
package enum ModelFormat {
    /// As versions and runtimes name the format.
    package static let onnx = "onnx"
    /// Of what came through MLflow's door and is kept only: no runtime here has it.
    package static let stored = "mlflow"

    /// The path of the model file: the only `.onnx` file, or `model.onnx` at the top when there are several.
    package static func modelFile(among files: [ArtifactReference.File]) throws(ControlError) -> String {
        let candidates = files.map(\.path).filter { $0.lowercased().hasSuffix(".onnx") }
        if candidates.count == 1, let only = candidates.first { return only }
        if candidates.contains("model.onnx") { return "model.onnx" }
        if candidates.isEmpty {
            for file in files {
                if let foreign = ForeignFormat(path: file.path) { throw foreign.refusal(of: file.path) }
            }
            let what =
                if files.count == 1, let only = files.first {
                    "'\(only.path)' is not an ONNX model"
                } else {
                    "none of the \(files.count) files is an ONNX model"
                }
            throw ControlError(.notAModel, what, field: "files", hint: "the model's file name ends in .onnx")
        }
        throw ControlError(
            .notAModel,
            "several files could be the model: \(candidates.sorted().prefix(5).joined(separator: ", "))",
            field: "files", hint: "name the model file model.onnx, or push one .onnx file")
    }
}

extension Manifest {
    /// Files that a version brings along beside its model.
    private static let companions: Set<String> = [GoldenInputs.fileName, ReferenceProfile.fileName]

    /// A version of one file, its companions aside, has it as `model.onnx`: what it was called where it came from is no
    /// part of the model, so the same bytes under another name are the same version.
    package var withoutName: Manifest {
        get throws(ControlError) {
            let others = files.filter { !Self.companions.contains($0.path) }
            guard others.count == 1, let only = others.first, only.path.lowercased().hasSuffix(".onnx") else {
                return self
            }
            let companions = files.filter { Self.companions.contains($0.path) }
            return try Manifest(
                companions + [ArtifactReference.File(path: "model.onnx", sha256: only.sha256, size: only.size)])
        }
    }
}

/// Formats that people try to push and that no runtime here executes, known by name or first bytes. None is ever opened
/// beyond that: to load a pickle is to run it.
package enum ForeignFormat: String, Sendable, CaseIterable {
    case pickle = "a Python pickle"
    case joblib = "a joblib pickle"
    case pyTorch = "a PyTorch checkpoint"
    case zip = "a ZIP archive (PyTorch, Keras or NumPy)"
    case hdf5 = "an HDF5 file (Keras)"
    case tensorFlow = "a TensorFlow graph"
    case safetensors = "a safetensors file (weights without a graph)"
    case gguf = "a GGUF file"

    /// By the file name's ending, in any case of letters; `nil` for one that is not known.
    package init?(path: String) {
        let name = path.lowercased()
        let endings: [(String, ForeignFormat)] = [
            (".pkl", .pickle), (".pickle", .pickle), (".joblib", .joblib), (".pt", .pyTorch), (".pth", .pyTorch),
            (".h5", .hdf5), (".keras", .zip), (".pb", .tensorFlow), (".tflite", .tensorFlow),
            (".safetensors", .safetensors), (".gguf", .gguf), (".npz", .zip), (".zip", .zip),
        ]
        guard let found = endings.first(where: { name.hasSuffix($0.0) }) else { return nil }
        self = found.1
    }

    /// By the magic number that the file begins with; four bytes are enough. `nil` when it is none of these.
    package init?(firstBytes: [UInt8]) {
        let magics: [([UInt8], ForeignFormat)] = [
            (Array("PK\u{3}\u{4}".utf8), .zip), ([0x89, 0x48, 0x44, 0x46], .hdf5), (Array("GGUF".utf8), .gguf),
        ]
        if let found = magics.first(where: { firstBytes.starts(with: $0.0) }) {
            self = found.1
        } else if firstBytes.count >= 2, firstBytes[0] == 0x80, (2...5).contains(firstBytes[1]) {
            // PROTO opcode with protocol 2 to 5: how every pickle since Python 2.3 begins.
            self = .pickle
        } else {
            return nil
        }
    }

    /// The refusal of a file in this format: what it is, and how to get to ONNX from there.
    package func refusal(of path: String) -> ControlError {
        let hint =
            switch self {
            case .pickle, .joblib:
                "pickles run code when they are read, so they are never opened; export the model to ONNX (skl2onnx)"
            case .pyTorch: "export the model with torch.onnx.export"
            case .hdf5, .tensorFlow: "export the model with tf2onnx"
            case .zip, .safetensors, .gguf: "export the model to ONNX"
            }
        return ControlError(.notAModel, "'\(path)' is \(rawValue), not an ONNX model", field: "files", hint: hint)
    }
}
