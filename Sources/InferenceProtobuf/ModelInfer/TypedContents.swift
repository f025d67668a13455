import InferenceProtocol
import Tensors

/// The elements of a tensor in the typed fields of `InferTensorContents`.
enum TypedContents {
    /// Field numbers of `InferTensorContents`.
    enum Field: UInt32, CaseIterable {
        case bool = 1
        /// For INT8, INT16 and INT32.
        case int
        case int64
        /// For UINT8, UINT16 and UINT32.
        case uint
        case uint64, fp32, fp64, bytes

        /// `nil` for the 16-bit floats, which have no field.
        init?(_ type: ElementType) {
            switch type {
            case .bool: self = .bool
            case .int8, .int16, .int32: self = .int
            case .int64: self = .int64
            case .uint8, .uint16, .uint32: self = .uint
            case .uint64: self = .uint64
            case .fp32: self = .fp32
            case .fp64: self = .fp64
            case .bytes: self = .bytes
            case .fp16, .bf16: return nil
            }
        }

        var name: String { "\(self)_contents" }
    }

    /// The tensor's elements out of all `contents` of `tensor`, an `InferInputTensor` or `InferOutputTensor`. Floats that
    /// came in one aligned piece are a slice of the message that `owner` keeps alive.
    static func read(
        _ tensor: ProtobufReader, _ type: ElementType, _ shape: Shape, _ owner: Unmanaged<AnyObject>
    ) throws(JSONProblem) -> TensorStorage {
        guard let field = Field(type) else {
            throw JSONProblem("\(type.rawValue) has no typed contents: send it in 'raw_input_contents'")
        }
        let measure = try TypedMeasure(tensor, field, type)
        guard measure.count == shape.elementCount else {
            throw JSONProblem(
                "the shape \(shape.dimensions) calls for \(shape.elementCount) elements, got \(measure.count)"
            ).within(field.name)
        }
        if let piece = measure.piece { return BinarySection.storage(piece, type, owner) }
        let storage = TensorStorage(byteCount: measure.byteCount)
        do throws(JSONProblem) {
            try fill(storage, tensor, field, type)
        } catch {
            throw error.within(field.name)
        }
        return storage
    }

    private static func fill(
        _ storage: TensorStorage, _ tensor: ProtobufReader, _ field: Field, _ type: ElementType
    ) throws(JSONProblem) {
        switch type {
        case .bool: try numbers(storage, tensor, field) { (value) in UInt8(value == 0 ? 0 : 1) }
        case .int8: try numbers(storage, tensor, field) { Int8(exactly: Int32(truncatingIfNeeded: $0)) }
        case .int16: try numbers(storage, tensor, field) { Int16(exactly: Int32(truncatingIfNeeded: $0)) }
        case .int32: try numbers(storage, tensor, field) { Int32(truncatingIfNeeded: $0) }
        case .int64: try numbers(storage, tensor, field) { Int64(bitPattern: $0) }
        case .uint8: try numbers(storage, tensor, field) { UInt8(exactly: UInt32(truncatingIfNeeded: $0)) }
        case .uint16: try numbers(storage, tensor, field) { UInt16(exactly: UInt32(truncatingIfNeeded: $0)) }
        case .uint32: try numbers(storage, tensor, field) { UInt32(truncatingIfNeeded: $0) }
        case .uint64: try numbers(storage, tensor, field) { $0 }
        case .fp32, .fp64: try pieces(storage, tensor, field)
        case .bytes: try strings(storage, tensor)
        case .fp16, .bf16: break
        }
    }

    /// Each number as the element that it stands for; `nil` where it is out of the type's range.
    @inline(__always)
    private static func numbers<Element: FixedWidthInteger>(
        _ storage: TensorStorage, _ tensor: ProtobufReader, _ field: Field, _ element: (UInt64) -> Element?
    ) throws(JSONProblem) {
        var index = 0
        let width = MemoryLayout<Element>.stride
        try forEach(field, in: tensor) { (contents, tag) throws(JSONProblem) in
            try contents.forEachVarint(tag) { (value) throws(JSONProblem) in
                guard let exact = element(value) else {
                    let number = Element.isSigned ? "\(Int64(bitPattern: value))" : "\(value)"
                    throw JSONProblem(
                        "\(number) is not between \(Element.min) and \(Element.max)"
                    ).within("[\(index)]")
                }
                guard (index + 1) * width <= storage.byteCount else { throw JSONProblem("too many elements") }
                storage.base.storeBytes(of: exact.littleEndian, toByteOffset: index * width, as: Element.self)
                index += 1
            }
        }
    }

    /// Floats are laid out as in memory: every piece is copied as it is.
    private static func pieces(
        _ storage: TensorStorage, _ tensor: ProtobufReader, _ field: Field
    ) throws(JSONProblem) {
        var offset = 0
        try forEach(field, in: tensor) { (contents, tag) throws(JSONProblem) in
            let piece: UnsafeRawBufferPointer
            switch tag.wire {
            case .lengthDelimited: piece = try contents.lengthDelimited()
            case .fixed32 where field == .fp32: piece = try contents.take(4)
            case .fixed64 where field == .fp64: piece = try contents.take(8)
            default: return try contents.skip(tag)
            }
            guard let start = piece.baseAddress, piece.count <= storage.byteCount - offset else { return }
            (storage.base + offset).copyMemory(from: start, byteCount: piece.count)
            offset += piece.count
        }
    }

    private static func strings(_ storage: TensorStorage, _ tensor: ProtobufReader) throws(JSONProblem) {
        var offset = 0
        try forEach(.bytes, in: tensor) { (contents, tag) throws(JSONProblem) in
            guard tag.wire == .lengthDelimited else { return try contents.skip(tag) }
            let text = try contents.lengthDelimited()
            guard text.count + 4 <= storage.byteCount - offset else { throw JSONProblem("too many bytes") }
            storage.base.storeBytes(
                of: UInt32(truncatingIfNeeded: text.count).littleEndian, toByteOffset: offset, as: UInt32.self)
            if let start = text.baseAddress {
                (storage.base + offset + 4).copyMemory(from: start, byteCount: text.count)
            }
            offset += 4 + text.count
        }
    }

    /// Stops at each occurrence of `field` in each `contents` of `tensor`: the parts of a message that comes twice add up.
    @inline(__always)
    static func forEach(
        _ field: Field, in tensor: ProtobufReader,
        _ body: (inout ProtobufReader, ProtobufReader.Tag) throws(JSONProblem) -> Void
    ) throws(JSONProblem) {
        var reader = tensor
        while let tag = try reader.next() {
            guard tag.number == GRPCInput.Field.contents, tag.wire == .lengthDelimited else {
                try reader.skip(tag)
                continue
            }
            var contents = try reader.message()
            while let tag = try contents.next() {
                if tag.number == field.rawValue {
                    try body(&contents, tag)
                } else {
                    try contents.skip(tag)
                }
            }
        }
    }
}
