import InferenceProtocol
import Tensors

/// A `ModelInferResponse` measured to the byte, so that it is written in one pass.
struct GRPCResponseLayout {
    /// Field numbers of `ModelInferResponse`.
    enum Field {
        static let modelName: UInt32 = 1
        static let modelVersion: UInt32 = 2
        static let id: UInt32 = 3
        static let parameters: UInt32 = 4
        static let outputs: UInt32 = 5
        static let rawOutputContents: UInt32 = 6
    }

    /// Bytes of the whole message.
    let size: Int

    private let modelName: String
    private let modelVersion: String
    private let id: String
    private let isFinal: Bool
    private let outputs: GRPCTensorsLayout

    /// Fails when the message would be larger than one can be.
    init(
        modelName: String, modelVersion: String, id: String, isFinal: Bool, outputs: [Tensor], isRaw: Bool
    ) throws(ProtocolError) {
        let head =
            ProtobufSize.string(Field.modelName, modelName) + ProtobufSize.string(Field.modelVersion, modelVersion)
            + ProtobufSize.string(Field.id, id) + (isFinal ? Self.finalMark.utf8CodeUnitCount : 0)
        self.outputs = try GRPCTensorsLayout(
            outputs, number: Field.outputs, rawNumber: Field.rawOutputContents, isRaw: isRaw,
            limit: GRPCInferResponseEncoder.largestMessage - head)
        self.size = head + self.outputs.size
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.id = id
        self.isFinal = isFinal
    }

    func write(_ writer: inout ProtobufWriter) {
        writer.string(Field.modelName, modelName)
        writer.string(Field.modelVersion, modelVersion)
        writer.string(Field.id, id)
        if isFinal { writer.text(Self.finalMark) }
        outputs.writeTensors(&writer)
        outputs.writeRawContents(&writer)
    }

    /// The entry of `parameters` that Triton's clients wait for: `triton_final_response` as `bool_param` true.
    private static let finalMark: StaticString = "\u{22}\u{1b}\u{0a}\u{15}triton_final_response\u{12}\u{02}\u{08}\u{01}"
}
