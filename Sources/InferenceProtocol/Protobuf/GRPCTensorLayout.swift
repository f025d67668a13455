import Tensors

/// A tensor as an `InferInputTensor` or an `InferOutputTensor`, which are laid out alike, measured to the byte.
struct GRPCTensorLayout {
    let tensor: Tensor
    /// Bytes of the message.
    let size: Int

    private let shapeSize: Int
    /// `nil` when the elements travel raw, beside the message.
    private let contents: TypedContentsLayout?

    /// - Parameter isRaw: Always so for types that have no typed contents.
    init(_ tensor: Tensor, isRaw: Bool) {
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

    /// Writes the message as the field `number` of the one around it.
    func write(_ number: UInt32, _ writer: inout ProtobufWriter) {
        let type = tensor.elementType.wireName
        writer.begin(number, length: size)
        writer.string(GRPCInput.Field.name, tensor.name)
        writer.begin(GRPCInput.Field.datatype, length: type.utf8CodeUnitCount)
        writer.text(type)
        writer.packed(GRPCInput.Field.shape, tensor.shape.dimensions, size: shapeSize)
        guard let contents else { return }
        writer.begin(GRPCInput.Field.contents, length: contents.size)
        contents.write(&writer)
    }
}

/// The tensors of one message, either all raw or all in typed contents.
struct GRPCTensorsLayout {
    /// Bytes of all of them in the message around them.
    let size: Int

    private let tensors: [GRPCTensorLayout]
    private let number: UInt32
    private let rawNumber: UInt32
    private let isRaw: Bool

    /// - Parameters:
    ///   - number: The field of the tensors.
    ///   - rawNumber: The field of their raw contents.
    ///   - limit: Bytes that all of them may have.
    init(
        _ tensors: [Tensor], number: UInt32, rawNumber: UInt32, isRaw: Bool, limit: Int
    ) throws(ProtocolError) {
        let isRaw = isRaw || tensors.contains { TypedContents.Field($0.elementType) == nil }
        var layouts: [GRPCTensorLayout] = []
        layouts.reserveCapacity(tensors.count)
        var size = 0
        for tensor in tensors {
            let layout = GRPCTensorLayout(tensor, isRaw: isRaw)
            size += ProtobufSize.field(number, length: layout.size)
            if isRaw { size += ProtobufSize.field(rawNumber, length: tensor.storage.byteCount) }
            guard size <= limit else {
                throw ProtocolError(
                    "with the tensor '\(tensor.name)' of shape \(tensor.shape.dimensions) the message would be larger "
                        + "than the 2 GiB that it may have; send fewer rows at once", field: tensor.name)
            }
            layouts.append(layout)
        }
        self.size = size
        self.tensors = layouts
        self.number = number
        self.rawNumber = rawNumber
        self.isRaw = isRaw
    }

    func writeTensors(_ writer: inout ProtobufWriter) {
        for tensor in tensors { tensor.write(number, &writer) }
    }

    func writeRawContents(_ writer: inout ProtobufWriter) {
        guard isRaw else { return }
        for layout in tensors {
            writer.begin(rawNumber, length: layout.tensor.storage.byteCount)
            writer.bytes(layout.tensor.storage.bytes)
        }
    }
}
