import Serving
import Tensors

/// Writes one prediction as the payload of a record. `docs/reference/ledger-files.md` has the layout.
enum RecordEncoder {
    /// What `kind`, the first byte of a payload, may be.
    enum Kind {
        static let prediction: UInt8 = 1
        static let end: UInt8 = 2
        /// A prediction of a trace: the trace's id comes behind the outputs.
        static let traced: UInt8 = 3

        static func isPrediction(_ kind: UInt8?) -> Bool { kind == prediction || kind == traced }
    }

    /// How a tensor's elements are there.
    enum State {
        static let whole: UInt8 = 0
        static let hashed: UInt8 = 1
        static let excluded: UInt8 = 2
        static let tooLarge: UInt8 = 3
    }

    /// In place of a text's length: there is none.
    static let absent = UInt32.max

    static func write(
        _ seen: borrowing ObservedPrediction, time: Int, of tap: LedgerTap, into bytes: RecordBytes
    ) {
        bytes.reserve(256)
        bytes.write(seen.trace == nil ? Kind.prediction : Kind.traced)
        bytes.write(seen.fault?.rawValue ?? 0)
        bytes.write(Int64(time))
        bytes.write(seen.prediction.high)
        bytes.write(seen.prediction.low)
        bytes.write(UInt32(clamping: tap.revision))
        bytes.write(UInt32(clamping: tap.version))
        bytes.write(seen.nanoseconds)
        bytes.write(seen.principal)
        write(seen.key, bytes)
        write(tap.variant, bytes)
        write(seen.requestID, bytes)
        var room = LedgerBounds.row
        write(seen.inputs, tap.rules, &room, bytes)
        write(seen.outputs, tap.rules, &room, bytes)
        if let trace = seen.trace {
            bytes.write(trace.id.high)
            bytes.write(trace.id.low)
        }
    }

    private static func write(_ text: String?, _ bytes: RecordBytes) {
        guard let text else { return bytes.write(absent) }
        bytes.write(text)
    }

    private static func write(_ tensors: [Tensor], _ rules: FieldRules, _ room: inout Int, _ bytes: RecordBytes) {
        bytes.write(UInt32(truncatingIfNeeded: tensors.count))
        for tensor in tensors { write(tensor, rules, &room, bytes) }
    }

    private static func write(_ tensor: Tensor, _ rules: FieldRules, _ room: inout Int, _ bytes: RecordBytes) {
        let state = state(of: tensor, rules, room)
        bytes.write(state)
        bytes.write(tensor.elementType.code)
        bytes.write(tensor.name)
        bytes.write(UInt32(truncatingIfNeeded: tensor.shape.dimensions.count))
        for size in tensor.shape.dimensions { bytes.write(UInt64(size)) }
        switch state {
        case State.whole:
            room -= tensor.storage.byteCount
            bytes.write(UInt32(truncatingIfNeeded: tensor.storage.byteCount))
            bytes.write(tensor.storage.bytes)
        case State.hashed:
            let hashes = rules.hashes(of: tensor)
            room -= hashes.count
            bytes.write(UInt32(truncatingIfNeeded: hashes.count))
            hashes.withUnsafeBytes { bytes.write($0) }
        default: bytes.write(UInt32(0))
        }
    }

    private static func state(of tensor: Tensor, _ rules: FieldRules, _ room: Int) -> UInt8 {
        var isHashed = false
        if !rules.isEmpty {
            if rules.excluded.contains(tensor.name) { return State.excluded }
            isHashed = rules.hashed.contains(tensor.name)
        }
        guard tensor.isHere else { return State.tooLarge }
        let count = tensor.shape.elementCount
        if isHashed {
            let fits = count <= LedgerBounds.hashedElements && count * FieldRules.hashBytes <= room
            return fits ? State.hashed : State.tooLarge
        }
        return tensor.storage.byteCount <= room ? State.whole : State.tooLarge
    }
}

extension Tensor {
    /// False for what `KeptTensors` put in the place of a tensor that is too large to wait.
    var isHere: Bool { storage.byteCount > 0 || shape.elementCount == 0 }
}

extension ElementType {
    /// The number of the type in the ledger's files; never changes.
    var code: UInt8 {
        switch self {
        case .bool: 1
        case .int8: 2
        case .int16: 3
        case .int32: 4
        case .int64: 5
        case .uint8: 6
        case .uint16: 7
        case .uint32: 8
        case .uint64: 9
        case .fp16: 10
        case .bf16: 11
        case .fp32: 12
        case .fp64: 13
        case .bytes: 14
        }
    }

    /// `nil` for a number that is no type's.
    init?(code: UInt8) {
        guard let type = ElementType.allCases.first(where: { $0.code == code }) else { return nil }
        self = type
    }
}
