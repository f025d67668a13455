import InferenceProtocol
import Tensors

/// The tensors of one message as `InferInputTensor` or `InferOutputTensor`, which are laid out alike, measured to the byte:
/// either all raw or all in typed contents.
struct GRPCTensorsLayout {
    /// Bytes of all of them in the message around them.
    let size: Int

    private let tensors: [Tensor]
    /// What `TypedContents.size` says of each; empty where they travel raw.
    private let contents: [Int]
    private let number: UInt32
    private let rawNumber: UInt32

    /// - Parameters:
    ///   - number: The field of the tensors.
    ///   - rawNumber: The field of their raw contents.
    ///   - isRaw: Always so where one of them has a type without typed contents.
    ///   - limit: Bytes that all of them may have.
    init(
        _ tensors: [Tensor], number: UInt32, rawNumber: UInt32, isRaw: Bool, limit: Int
    ) throws(ProtocolError) {
        let isRaw = isRaw || tensors.contains { TypedContents.Field($0.elementType) == nil }
        // Whole numbers take as many bytes as they are large, and are read once to measure and once to write: what a
        // worker lends it could change in between.
        let isChangeable = !isRaw && tensors.contains { $0.storage.isLent && TypedContents.isVarint($0.elementType) }
        let tensors = isChangeable ? tensors.map { TypedContents.isVarint($0.elementType) ? $0.kept : $0 } : tensors
        self.tensors = tensors
        self.number = number
        self.rawNumber = rawNumber
        contents = isRaw ? [] : tensors.map(TypedContents.size)
        var size = 0
        for index in tensors.indices {
            size += ProtobufSize.field(
                number, length: Self.size(tensors[index], contents: isRaw ? nil : contents[index]))
            if isRaw { size += ProtobufSize.field(rawNumber, length: tensors[index].storage.byteCount) }
            guard size <= limit else { throw Self.tooLarge(tensors[index]) }
        }
        self.size = size
    }

    func writeTensors(_ writer: inout ProtobufWriter) {
        for index in tensors.indices {
            write(tensors[index], contents: contents.isEmpty ? nil : contents[index], &writer)
        }
    }

    func writeRawContents(_ writer: inout ProtobufWriter) {
        guard contents.isEmpty else { return }
        for index in tensors.indices {
            writer.begin(rawNumber, length: tensors[index].storage.byteCount)
            writer.bytes(tensors[index].storage.bytes)
        }
    }

    /// Bytes of one tensor's message.
    private static func size(_ tensor: borrowing Tensor, contents: Int?) -> Int {
        var size =
            ProtobufSize.string(GRPCInput.Field.name, tensor.name)
            + ProtobufSize.field(GRPCInput.Field.datatype, length: tensor.elementType.wireName.utf8CodeUnitCount)
        let shape = ProtobufSize.packed(tensor.shape.dimensions)
        if shape > 0 { size += ProtobufSize.field(GRPCInput.Field.shape, length: shape) }
        if let contents {
            size += ProtobufSize.field(
                GRPCInput.Field.contents, length: TypedContents.messageSize(contents, tensor.elementType))
        }
        return size
    }

    private func write(_ tensor: borrowing Tensor, contents: Int?, _ writer: inout ProtobufWriter) {
        let type = tensor.elementType.wireName
        writer.begin(number, length: Self.size(tensor, contents: contents))
        writer.string(GRPCInput.Field.name, tensor.name)
        writer.begin(GRPCInput.Field.datatype, length: type.utf8CodeUnitCount)
        writer.text(type)
        writer.packed(
            GRPCInput.Field.shape, tensor.shape.dimensions, size: ProtobufSize.packed(tensor.shape.dimensions))
        guard let contents else { return }
        writer.begin(
            GRPCInput.Field.contents, length: TypedContents.messageSize(contents, tensor.elementType))
        TypedContents.write(tensor, size: contents, &writer)
    }

    @inline(never)
    private static func tooLarge(_ tensor: borrowing Tensor) -> ProtocolError {
        ProtocolError(
            "with the tensor '\(tensor.name)' of shape \(tensor.shape.dimensions) the message would be larger than the "
                + "2 GiB that it may have; send fewer rows at once", field: tensor.name)
    }
}
