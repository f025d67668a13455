/// What a file that is not an ONNX model looks like, so that its owner learns what to do. Nothing is ever executed.
enum FileKind {
    /// A sentence's end ("is a ...") for the file that begins with `start`; `nil` when it is unlike anything known.
    static func recognise(_ start: [UInt8], name: String) -> String? {
        if start.isEmpty { return "is empty" }
        return pickle(start, name: name) ?? magic(start) ?? archive(start) ?? savedModel(start) ?? text(start)
    }

    /// Pickles run code of their author's choosing when they are opened, so they are named and left closed.
    private static func pickle(_ start: [UInt8], name: String) -> String? {
        let byName = [".pkl", ".pickle", ".joblib"].contains { name.hasSuffix($0) }
        // Protocol 2 and later begin with the opcode PROTO and the version; 0 and 1 with the opcode GLOBAL or MARK.
        let binary = start.count > 2 && start[0] == 0x80 && (2...5).contains(start[1])
        let textual = [
            "cnumpy", "csklearn", "ccopy_reg\n", "ccopyreg\n", "c__main__\n", "c__builtin__\n", "cbuiltins\n",
            "cposix\n", "cos\n", "csubprocess\n", "(dp0\n", "(lp0\n", "(c",
        ].contains { start.starts(with: $0.utf8) }
        guard byName || binary || textual else { return nil }
        return
            "is a Python pickle (joblib writes the same), which runs code when it is opened and is never loaded here; "
            + "export the model to ONNX instead, for scikit-learn with skl2onnx"
    }

    private static func magic(_ start: [UInt8]) -> String? {
        let known: [(offset: Int, bytes: [UInt8], what: String)] = [
            (0, [0x89] + Array("HDF\r\n".utf8), "is an HDF5 file, such as Keras writes; convert it with tf2onnx"),
            (4, Array("ORTM".utf8), "is in ONNX Runtime's own format; push the .onnx file that it was made from"),
            (4, Array("TFL3".utf8), "is a TensorFlow Lite model; convert it with tf2onnx --tflite"),
            (0, Array("GGUF".utf8), "is a GGUF model, as llama.cpp uses; slipway serves ONNX"),
            (8, Array("{\"".utf8), "is a safetensors file, which holds weights and no model; export the model to ONNX"),
            (0, Array("CBM1".utf8), "is a CatBoost model; save it with format=\"onnx\""),
            (0, [0x93] + Array("NUMPY".utf8), "is a NumPy array, not a model"),
            (0, Array("PAR1".utf8), "is a Parquet file: data, not a model"),
            (0, [0x1f, 0x8b], "is compressed with gzip; unpack it first"),
            (0, Array("BZh".utf8), "is compressed with bzip2; unpack it first"),
            (0, [0xfd] + Array("7zXZ".utf8), "is compressed with xz; unpack it first"),
            (0, [0x28, 0xb5, 0x2f, 0xfd], "is compressed with zstd; unpack it first"),
            (257, Array("ustar".utf8), "is a tar archive; unpack it and push the folder"),
            (0, [0x7f] + Array("ELF".utf8), "is a program or shared library"),
            (0, [0x89] + Array("PNG".utf8), "is a PNG image"),
            (0, [0xff, 0xd8, 0xff], "is a JPEG image"),
            (0, Array("%PDF".utf8), "is a PDF document"),
        ]
        return known.first { start.dropFirst($0.offset).starts(with: $0.bytes) }?.what
    }

    private static func archive(_ start: [UInt8]) -> String? {
        guard start.starts(with: [0x50, 0x4b, 0x03, 0x04]) else { return nil }
        if holds("data.pkl", start) || holds("/code/", start) {
            return "is a PyTorch file (a zip with a pickle inside, never opened here); export the model with "
                + "torch.onnx.export"
        }
        if holds("model.weights.h5", start) {
            return "is a Keras file; export the model with model.export(format=\"onnx\")"
        }
        if holds(".npy", start) { return "is a NumPy archive (.npz), not a model" }
        return "is a zip archive; unpack it and push the .onnx file or the folder"
    }

    private static func savedModel(_ start: [UInt8]) -> String? {
        // The schema version 1, a meta graph, and the name of TensorFlow's own tag in it.
        guard start.starts(with: [0x08, 0x01, 0x12]), holds("serve", start) || holds("tensorflow", start) else {
            return nil
        }
        return "is a TensorFlow SavedModel; convert its folder with python -m tf2onnx.convert --saved-model"
    }

    private static func text(_ start: [UInt8]) -> String? {
        let begin = String(decoding: start.prefix(512), as: UTF8.self).drop { $0.isWhitespace || $0 == "\u{feff}" }
        let lower = begin.lowercased()
        if lower.hasPrefix("version https://git-lfs") {
            return "is a Git LFS pointer and not the file itself; fetch that with git lfs pull"
        }
        if lower.hasPrefix("<!doctype html") || lower.hasPrefix("<html") {
            return "is an HTML page: a download probably gave an error or login page instead of the model"
        }
        if lower.hasPrefix("<?xml") || lower.hasPrefix("<pmml") { return "is XML (PMML?); slipway serves ONNX" }
        if lower.hasPrefix("tree\nversion=") { return "is a LightGBM model; convert it with onnxmltools" }
        // Characters that no text has, beyond the one that the cut at 512 bytes may have split.
        let odd = begin.unicodeScalars.filter {
            ($0.value < 32 && !"\t\n\r".unicodeScalars.contains($0)) || $0.value == 0xfffd
        }
        guard odd.count <= (start.count > 512 ? 1 : 0), !begin.isEmpty else { return nil }
        if begin.hasPrefix("{") || begin.hasPrefix("[") {
            return "is JSON (XGBoost writes such models: convert them with onnxmltools); slipway serves ONNX"
        }
        return "is a text file"
    }

    private static func holds(_ needle: String, _ bytes: [UInt8]) -> Bool {
        let needle = Array(needle.utf8)
        guard let first = needle.first, bytes.count >= needle.count else { return false }
        for index in 0...(bytes.count - needle.count) where bytes[index] == first {
            if bytes[index..<(index + needle.count)].elementsEqual(needle) { return true }
        }
        return false
    }
}
