import Runtimes
import Testing

/// Files that people push by mistake, and the words by which they recognise what they did.
@Suite struct FileKindTests {
    struct Impostor: Sendable, CustomTestStringConvertible {
        let name: String
        let bytes: [UInt8]
        let expected: String
        var testDescription: String { "\(name) (\(expected))" }

        init(_ name: String, _ bytes: [UInt8], _ expected: String) {
            self.name = name
            self.bytes = bytes
            self.expected = expected
        }

        init(_ name: String, _ text: String, _ expected: String) {
            self.init(name, Array(text.utf8), expected)
        }
    }

    static let impostors: [Impostor] = [
        Impostor("model.onnx", [], "is empty"),
        Impostor("model.pkl", [0x80, 0x04, 0x95, 0x1a, 0, 0, 0, 0, 0, 0, 0, 0x8c], "Python pickle"),
        Impostor("model.onnx", [0x80, 0x05, 0x4b, 0x01, 0x2e], "Python pickle"),
        Impostor("model.onnx", "cos\nsystem\n(S'echo'\ntR.", "Python pickle"),
        Impostor("model.joblib", [0x78, 0x9c, 0x01, 0x02], "Python pickle"),
        Impostor("model.pt", "PK\u{3}\u{4}        model/data.pkl    ", "PyTorch"),
        Impostor("model.keras", "PK\u{3}\u{4}  metadata.json   model.weights.h5  ", "Keras"),
        Impostor("model.npz", "PK\u{3}\u{4}  arr_0.npy  ", "NumPy"),
        Impostor("model.zip", "PK\u{3}\u{4}  readme  ", "zip archive"),
        Impostor("model.h5", [0x89] + Array("HDF\r\n\u{1a}\n".utf8), "HDF5"),
        Impostor("saved_model.pb", [0x08, 0x01, 0x12, 0x07, 0x0a, 0x05] + Array("serve".utf8), "SavedModel"),
        Impostor("model.ort", [0x1c, 0, 0, 0] + Array("ORTM".utf8), "own format"),
        Impostor("model.tflite", [0x1c, 0, 0, 0] + Array("TFL3".utf8), "TensorFlow Lite"),
        Impostor("model.gguf", "GGUF\u{3}", "GGUF"),
        Impostor("model.safetensors", [0x40, 0, 0, 0, 0, 0, 0, 0] + Array("{\"a\":1}".utf8), "safetensors"),
        Impostor("model.json", " {\"learner\": {}}", "JSON"),
        Impostor("model.txt", "tree\nversion=v4\n", "LightGBM"),
        Impostor("model.onnx", "version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
        Impostor("model.onnx", "\n<!DOCTYPE html><html>", "HTML page"),
        Impostor("model.onnx", "<?xml version=\"1.0\"?>", "XML"),
        Impostor("model.onnx", "What is this?\n", "text file"),
        Impostor("model.onnx.gz", [0x1f, 0x8b, 0x08], "gzip"),
        Impostor("model.onnx", [0xde, 0xad, 0xbe, 0xef, 0x00], "nor any other format"),
    ]

    @Test(arguments: impostors)
    func `a file that is no ONNX model is called what it is`(_ impostor: Impostor) throws {
        let folder = try TestFolder()
        let artifact = try folder.artifact(impostor.bytes, named: impostor.name)
        let error = #expect(throws: ModelLoadError.self) { try ONNXFile.read(artifact) }
        #expect(error?.reason == .invalidModel)
        #expect(error?.message.contains(impostor.expected) == true, "\(error?.message ?? "")")
    }
}
