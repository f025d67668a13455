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

    /// One output and what its parts take.
    fileprivate struct Part {
        let tensor: Tensor
        let shapeSize: Int
        /// `nil` when the elements travel raw.
        let contents: TypedContentsLayout?
        /// Of the `InferOutputTensor`.
        let size: Int
    }

    /// Bytes of the whole message.
    let size: Int

    private let modelName: String
    private let modelVersion: String
    private let id: String
    private let isFinal: Bool
    private let parts: [Part]

    /// Fails when the message would be larger than one can be.
    init(
        modelName: String, modelVersion: String, id: String, isFinal: Bool, tensors: [Tensor], isRaw: Bool
    ) throws(ProtocolError) {
        let isRaw = isRaw || tensors.contains { TypedContents.Field($0.elementType) == nil }
        var size =
            ProtobufSize.string(Field.modelName, modelName) + ProtobufSize.string(Field.modelVersion, modelVersion)
            + ProtobufSize.string(Field.id, id) + (isFinal ? Self.finalMark.utf8CodeUnitCount : 0)
        var parts: [Part] = []
        parts.reserveCapacity(tensors.count)
        for tensor in tensors {
            let part = Part(tensor, isRaw: isRaw)
            size += ProtobufSize.field(Field.outputs, length: part.size)
            if isRaw { size += ProtobufSize.field(Field.rawOutputContents, length: tensor.storage.byteCount) }
            guard size <= GRPCInferResponseEncoder.largestMessage else {
                throw ProtocolError(
                    "the output '\(tensor.name)' of shape \(tensor.shape.dimensions) makes the answer larger than the "
                        + "2 GiB that a message can have; send fewer rows at once", field: tensor.name)
            }
            parts.append(part)
        }
        self.size = size
        self.modelName = modelName
        self.modelVersion = modelVersion
        self.id = id
        self.isFinal = isFinal
        self.parts = parts
    }

    func write(_ writer: inout ProtobufWriter) {
        writer.string(Field.modelName, modelName)
        writer.string(Field.modelVersion, modelVersion)
        writer.string(Field.id, id)
        if isFinal { writer.text(Self.finalMark) }
        for part in parts { part.write(&writer) }
        for part in parts where part.contents == nil {
            writer.begin(Field.rawOutputContents, length: part.tensor.storage.byteCount)
            writer.bytes(part.tensor.storage.bytes)
        }
    }

    /// The entry of `parameters` that Triton's clients wait for: `triton_final_response` as `bool_param` true.
    private static let finalMark: StaticString = "\u{22}\u{1b}\u{0a}\u{15}triton_final_response\u{12}\u{02}\u{08}\u{01}"
}

extension GRPCResponseLayout.Part {
    fileprivate init(_ tensor: Tensor, isRaw: Bool) {
        self.tensor = tensor
        self.shapeSize = ProtobufSize.packed(tensor.shape.dimensions)
        self.contents = isRaw ? nil : TypedContentsLayout(tensor)
        var size =
            ProtobufSize.string(GRPCInput.Field.name, tensor.name)
            + ProtobufSize.field(GRPCInput.Field.datatype, length: tensor.elementType.wireName.utf8CodeUnitCount)
        if shapeSize > 0 { size += ProtobufSize.field(GRPCInput.Field.shape, length: shapeSize) }
        if let contents { size += ProtobufSize.field(GRPCInput.Field.contents, length: contents.size) }
        self.size = size
    }

    fileprivate func write(_ writer: inout ProtobufWriter) {
        let type = tensor.elementType.wireName
        writer.begin(GRPCResponseLayout.Field.outputs, length: size)
        writer.string(GRPCInput.Field.name, tensor.name)
        writer.begin(GRPCInput.Field.datatype, length: type.utf8CodeUnitCount)
        writer.text(type)
        writer.packed(GRPCInput.Field.shape, tensor.shape.dimensions, size: shapeSize)
        guard let contents else { return }
        writer.begin(GRPCInput.Field.contents, length: contents.size)
        contents.write(&writer)
    }
}
