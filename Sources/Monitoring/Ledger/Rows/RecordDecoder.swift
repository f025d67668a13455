import Journal
import Serving
import Tensors

/// Reads the payload of a record, and believes nothing of it that does not fit together.
enum RecordDecoder {
    /// The first byte of a payload.
    static func kind(of payload: UnsafeRawBufferPointer) -> UInt8? { payload.first }

    static func row(_ payload: UnsafeRawBufferPointer) throws(MalformedRecord) -> LedgerRow {
        var cursor = RecordCursor(payload)
        let kind = try cursor.next(UInt8.self)
        guard RecordEncoder.Kind.isPrediction(kind) else { throw MalformedRecord("kind \(kind) is no prediction") }
        let fault = try cursor.next(UInt8.self)
        guard fault == 0 || PredictionFault(rawValue: fault) != nil else { throw MalformedRecord("fault \(fault)") }
        let time = Timestamp(microseconds: Int(try cursor.next(Int64.self)))
        let prediction = PredictionID(high: try cursor.next(UInt64.self), low: try cursor.next(UInt64.self))
        let revision = Int(try cursor.next(UInt32.self))
        let version = Int(try cursor.next(UInt32.self))
        let nanoseconds = try cursor.next(UInt64.self)
        let principal = try cursor.text()
        let row = LedgerRow(
            time: time, prediction: prediction, revision: revision, version: version, variant: nil,
            principal: principal, key: nil, requestID: nil, fault: PredictionFault(rawValue: fault),
            nanoseconds: nanoseconds, inputs: [], outputs: [])
        return try rest(of: row, &cursor, isTraced: kind == RecordEncoder.Kind.traced)
    }

    private static func rest(
        of row: LedgerRow, _ cursor: inout RecordCursor, isTraced: Bool
    ) throws(MalformedRecord) -> LedgerRow {
        var row = row
        row.key = try optionalText(&cursor)
        row.variant = try optionalText(&cursor)
        row.requestID = try optionalText(&cursor)
        row.inputs = try tensors(&cursor)
        row.outputs = try tensors(&cursor)
        if isTraced { row.trace = TraceID(high: try cursor.next(UInt64.self), low: try cursor.next(UInt64.self)) }
        guard cursor.isAtEnd else { throw MalformedRecord("something follows the outputs") }
        return row
    }

    private static func optionalText(_ cursor: inout RecordCursor) throws(MalformedRecord) -> String? {
        let count = try cursor.next(UInt32.self)
        if count == RecordEncoder.absent { return nil }
        return String(decoding: try cursor.bytes(Int(count)), as: UTF8.self)
    }

    private static func tensors(_ cursor: inout RecordCursor) throws(MalformedRecord) -> [LedgerTensor] {
        let count = try cursor.next(UInt32.self)
        var tensors: [LedgerTensor] = []
        // Each takes some bytes, so that a number that lies ends the record soon.
        for _ in 0..<count { tensors.append(try tensor(&cursor)) }
        return tensors
    }

    private static func tensor(_ cursor: inout RecordCursor) throws(MalformedRecord) -> LedgerTensor {
        let state = try cursor.next(UInt8.self)
        let code = try cursor.next(UInt8.self)
        guard let type = ElementType(code: code) else { throw MalformedRecord("element type \(code)") }
        let name = try cursor.text()
        let rank = try cursor.next(UInt32.self)
        var dimensions: [Int] = []
        for _ in 0..<rank { dimensions.append(Int(clamping: try cursor.next(UInt64.self))) }
        guard let shape = try? Shape(dimensions) else { throw MalformedRecord("a shape that cannot be") }
        let count = Int(try cursor.next(UInt32.self))
        let bytes = try cursor.bytes(count)
        let content: LedgerTensor.Content
        switch state {
        case RecordEncoder.State.whole: content = .whole(try storage(bytes, type, shape))
        case RecordEncoder.State.hashed:
            guard shape.elementCount <= LedgerBounds.hashedElements,
                count == shape.elementCount * FieldRules.hashBytes
            else { throw MalformedRecord("hashes of another number of elements") }
            content = .hashed(Array(bytes))
        case RecordEncoder.State.excluded: content = .excluded
        case RecordEncoder.State.tooLarge: content = .tooLarge
        default: throw MalformedRecord("a tensor in state \(state)")
        }
        return LedgerTensor(name: name, elementType: type, shape: shape, content: content)
    }

    private static func storage(
        _ bytes: UnsafeRawBufferPointer, _ type: ElementType, _ shape: Shape
    ) throws(MalformedRecord) -> TensorStorage {
        let fits =
            type == .bytes
            ? BytesElements.count(in: bytes) == shape.elementCount : shape.byteCount(of: type) == bytes.count
        guard fits else { throw MalformedRecord("other bytes than its shape needs") }
        let storage = TensorStorage(byteCount: bytes.count)
        if let start = bytes.baseAddress, bytes.count > 0 {
            storage.base.copyMemory(from: start, byteCount: bytes.count)
        }
        return storage
    }
}
