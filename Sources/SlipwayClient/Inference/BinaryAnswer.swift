import NIOCore

/// The JSON of an answer whose tensors may follow it as bytes ("Binary Tensor Data Extension").
struct BinaryAnswer: Decodable {
    private enum Key: String, CodingKey {
        case modelName = "model_name"
        case modelVersion = "model_version"
        case id, outputs
    }

    private var modelName: String
    private var modelVersion: String?
    private var id: String?
    private var outputs: [Output]

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Key.self)
        modelName = try container.decode(String.self, forKey: .modelName)
        modelVersion = try container.decodeIfPresent(String.self, forKey: .modelVersion)
        id = try container.decodeIfPresent(String.self, forKey: .id)
        outputs = try container.decode([Output].self, forKey: .outputs)
    }

    /// The whole answer, its tensors slices of `bytes`, what follows the JSON.
    ///
    /// - Throws: What does not fit together, as a sentence.
    func answer(_ bytes: ByteBuffer, predictionID: String?) throws(Mismatch) -> InferAnswer {
        var bytes = bytes
        var tensors: [InferTensor] = []
        for output in outputs {
            switch output {
            case .written(let tensor): tensors.append(tensor)
            case .announced(let name, let type, let shape, let size):
                guard size >= 0, let slice = bytes.readSlice(length: size) else {
                    throw Mismatch(
                        "output '\(name)' announces \(size) bytes, but \(bytes.readableBytes) are left of the answer")
                }
                let tensor = InferTensor(name: name, type: type, shape: shape, bytes: slice)
                do { _ = try tensor.tensor() } catch { throw Mismatch(error.message) }
                tensors.append(tensor)
            }
        }
        return InferAnswer(
            modelName: modelName, modelVersion: modelVersion, id: id, outputs: tensors, predictionID: predictionID)
    }

    struct Mismatch: Error {
        let what: String

        init(_ what: String) { self.what = what }
    }

    private enum Output: Decodable {
        /// Its data stand in the JSON.
        case written(InferTensor)
        /// Its data are the next `size` bytes behind the JSON.
        case announced(name: String, type: TensorType, shape: [Int], size: Int)

        private enum Key: String, CodingKey { case name, datatype, shape, parameters }
        private enum ParameterKey: String, CodingKey { case size = "binary_data_size" }

        init(from decoder: any Decoder) throws {
            let container = try decoder.container(keyedBy: Key.self)
            let parameters =
                container.contains(.parameters)
                ? try container.nestedContainer(keyedBy: ParameterKey.self, forKey: .parameters) : nil
            guard let size = try parameters?.decodeIfPresent(Int.self, forKey: .size) else {
                self = .written(try InferTensor(from: decoder))
                return
            }
            self = .announced(
                name: try container.decode(String.self, forKey: .name),
                type: try container.decode(TensorType.self, forKey: .datatype),
                shape: try container.decode([Int].self, forKey: .shape), size: size)
        }
    }
}
