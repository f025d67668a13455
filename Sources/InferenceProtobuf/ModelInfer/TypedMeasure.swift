import InferenceProtocol
import Tensors

/// What there is in a tensor's typed contents, before anything is allocated for it: what was sent bounds what is taken.
struct TypedMeasure {
    private(set) var count = 0
    /// Bytes of the tensor that the elements make.
    private(set) var byteCount = 0
    /// All elements, when they came in one piece that is laid out as in memory.
    private(set) var piece: UnsafeRawBufferPointer?

    init(_ tensor: ProtobufReader, _ field: TypedContents.Field, _ type: ElementType) throws(JSONProblem) {
        var reader = tensor
        while let tag = try reader.next() {
            guard tag.number == GRPCInput.Field.contents, tag.wire == .lengthDelimited else {
                try reader.skip(tag)
                continue
            }
            try add(try reader.message(), field, type)
        }
        if let width = type.byteWidth { byteCount = count * width }
    }

    private mutating func add(
        _ contents: ProtobufReader, _ field: TypedContents.Field, _ type: ElementType
    ) throws(JSONProblem) {
        var reader = contents
        while let tag = try reader.next() {
            guard tag.number == field.rawValue else {
                try refuseElements(&reader, tag, field, type)
                continue
            }
            switch (field, tag.wire) {
            case (.bytes, .lengthDelimited):
                let length = try reader.lengthDelimited().count
                guard length <= Int(UInt32.max) else { throw JSONProblem("an element has more than 4 GiB") }
                byteCount += 4 + length
                count += 1
            case (.fp32, .lengthDelimited): try addPiece(try reader.lengthDelimited(), width: 4)
            case (.fp64, .lengthDelimited): try addPiece(try reader.lengthDelimited(), width: 8)
            case (.fp32, .fixed32), (.fp64, .fixed64): try addOne(&reader, tag)
            case (.fp32, _), (.fp64, _), (.bytes, _): try reader.skip(tag)
            case (_, .varint): try addOne(&reader, tag)
            case (_, .lengthDelimited):
                // The last byte of each number is the one without the highest bit.
                for byte in try reader.lengthDelimited() where byte < 0x80 { count += 1 }
            default: try reader.skip(tag)
            }
        }
    }

    private mutating func addOne(_ reader: inout ProtobufReader, _ tag: ProtobufReader.Tag) throws(JSONProblem) {
        try reader.skip(tag)
        piece = nil
        count += 1
    }

    private mutating func addPiece(_ bytes: UnsafeRawBufferPointer, width: Int) throws(JSONProblem) {
        guard bytes.count % width == 0 else {
            throw JSONProblem("\(bytes.count) bytes are no whole number of elements of \(width) bytes")
        }
        guard !bytes.isEmpty else { return }
        piece = count == 0 ? bytes : nil
        count += bytes.count / width
    }

    /// Elements in another type's field are a mistake of the caller's, and would be lost in silence.
    private func refuseElements(
        _ reader: inout ProtobufReader, _ tag: ProtobufReader.Tag, _ field: TypedContents.Field, _ type: ElementType
    ) throws(JSONProblem) {
        let place = reader.offset
        try reader.skip(tag)
        guard let other = TypedContents.Field(rawValue: tag.number), reader.offset - place > 1 || tag.wire == .varint
        else { return }
        throw JSONProblem("elements of type \(type.rawValue) belong in '\(field.name)', got '\(other.name)'")
    }
}
