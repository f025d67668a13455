import InferenceProtocol
import NIOCore

/// What an endpoint answered, whichever protocol it came by.
public struct InferAnswer: Sendable, Hashable {
    /// The endpoint's name as it was asked.
    public var modelName: String
    /// The version that answered.
    public var modelVersion: String?
    /// The request's own id, where it had one.
    public var id: String?
    public var outputs: [InferTensor]
    /// The server's name for this prediction, for its log and monitors; `nil` from a server that gives none.
    public var predictionID: String?

    public init(
        modelName: String, modelVersion: String? = nil, id: String? = nil, outputs: [InferTensor],
        predictionID: String? = nil
    ) {
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.id = id
        self.outputs = outputs
        self.predictionID = predictionID
    }

    /// The output of this name.
    ///
    /// - Throws: `badInput`, with the names that there are.
    public subscript(name: String) -> InferTensor {
        get throws(ClientError) {
            guard let output = outputs.first(where: { $0.name == name }) else {
                let names = outputs.map { "'\($0.name)'" }.joined(separator: ", ")
                throw .badInput("the answer of \(modelName) has no output '\(name)'; it has \(names)")
            }
            return output
        }
    }

    /// The answer in the Open Inference Protocol's JSON form, as the server itself writes it over HTTP.
    ///
    /// - Throws: `badInput`: a BYTES element that is no text, which JSON cannot carry.
    public func json() throws(ClientError) -> [UInt8] {
        let tensors = try outputs.map { output throws(ClientError) in try output.tensor() }
        var buffer = ByteBuffer()
        do {
            _ = try OIPResponseEncoder.encode(
                modelName: modelName, modelVersion: modelVersion ?? "", id: id, outputs: tensors,
                requested: tensors.indices.map { RequestedOutput(index: $0) }, into: &buffer)
        } catch {
            throw .badInput(error.message)
        }
        return Array(buffer.readableBytesView)
    }
}

extension InferAnswer: Codable {
    private enum CodingKeys: String, CodingKey {
        case modelName = "model_name"
        case modelVersion = "model_version"
        case id, outputs
    }
}
