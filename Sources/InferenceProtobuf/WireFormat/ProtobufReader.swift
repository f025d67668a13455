import InferenceProtocol

/// Reads the fields of one message in the wire format of Protocol Buffers, in place. It never descends by itself: whoever
/// knows a field to be a message reads it with a reader of its own, so that no depth can be asked of it.
///
/// Source: "Encoding", https://protobuf.dev/programming-guides/encoding/.
struct ProtobufReader {
    /// What stands before a field: its number and how its value is laid out.
    struct Tag {
        let number: UInt32
        let wire: WireType
    }

    enum WireType: UInt8 {
        case varint = 0
        case fixed64 = 1
        case lengthDelimited = 2
        case fixed32 = 5
    }

    private let bytes: UnsafeRawBufferPointer
    /// Where `bytes` begins in the whole message.
    private let origin: Int
    private var index = 0

    /// `bytes` must outlive the reader.
    init(_ bytes: UnsafeRawBufferPointer, origin: Int = 0) {
        self.bytes = bytes
        self.origin = origin
    }

    /// Where the next byte lies in the whole message.
    var offset: Int { origin + index }

    var isAtEnd: Bool { index >= bytes.count }

    /// The tag of the next field, or `nil` behind the last.
    @inline(__always)
    mutating func next() throws(JSONProblem) -> Tag? {
        guard index < bytes.count else { return nil }
        let place = offset
        let key = try varint()
        guard let number = UInt32(exactly: key >> 3), number > 0, number < 1 << 29 else {
            throw JSONProblem("a field cannot have the number \(key >> 3)", at: place)
        }
        guard let wire = WireType(rawValue: UInt8(truncatingIfNeeded: key & 7)) else {
            throw JSONProblem(
                "field \(number) is laid out in a way (wire type \(key & 7)) that messages of proto3 do not use",
                at: place)
        }
        return Tag(number: number, wire: wire)
    }

    @inline(__always)
    mutating func varint() throws(JSONProblem) -> UInt64 {
        if index < bytes.count, bytes[index] < 0x80 {
            index += 1
            return UInt64(bytes[index - 1])
        }
        return try longVarint()
    }

    private mutating func longVarint() throws(JSONProblem) -> UInt64 {
        let place = offset
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            // What the tenth byte has beyond 64 bits is dropped, as everywhere.
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
            guard shift < 70 else { throw JSONProblem("a number has more than ten bytes", at: place) }
        }
        throw JSONProblem("the message ends within a number", at: place)
    }

    mutating func fixed32() throws(JSONProblem) -> UInt32 {
        UInt32(littleEndian: try take(4).loadUnaligned(as: UInt32.self))
    }

    mutating func fixed64() throws(JSONProblem) -> UInt64 {
        UInt64(littleEndian: try take(8).loadUnaligned(as: UInt64.self))
    }

    /// The bytes of a length-delimited field.
    @inline(__always)
    mutating func lengthDelimited() throws(JSONProblem) -> UnsafeRawBufferPointer {
        let place = offset
        let length = try varint()
        guard length <= UInt64(bytes.count - index) else {
            throw JSONProblem(
                "a field announces \(length) bytes, but the message around it has only \(bytes.count - index) more",
                at: place)
        }
        return try take(Int(length))
    }

    /// A reader for the fields of a length-delimited field.
    @inline(__always)
    mutating func message() throws(JSONProblem) -> ProtobufReader {
        let part = try lengthDelimited()
        return ProtobufReader(part, origin: offset - part.count)
    }

    /// The text of a length-delimited field; proto3 allows nothing but UTF-8.
    mutating func string() throws(JSONProblem) -> String {
        let part = try lengthDelimited()
        if let bad = UTF8Check.firstInvalid(in: part) {
            throw JSONProblem("a string must be UTF-8, but its byte \(bad) is not", at: offset - part.count + bad)
        }
        return String(decoding: part, as: UTF8.self)
    }

    /// Moves past a field that is of no interest.
    @inline(__always)
    mutating func skip(_ tag: Tag) throws(JSONProblem) {
        switch tag.wire {
        case .varint: _ = try varint()
        case .fixed32: _ = try take(4)
        case .fixed64: _ = try take(8)
        case .lengthDelimited: _ = try lengthDelimited()
        }
    }

    /// The next `count` bytes, as they are.
    @inline(__always)
    mutating func take(_ count: Int) throws(JSONProblem) -> UnsafeRawBufferPointer {
        guard count <= bytes.count - index else {
            throw JSONProblem("the message ends within a field", at: offset)
        }
        index += count
        return UnsafeRawBufferPointer(rebasing: bytes[(index - count)..<index])
    }
}

extension ProtobufReader {
    /// Hands each element of one occurrence of a repeated number to `body`, packed or not. What is laid out as no number
    /// is skipped, like an unknown field.
    @inline(__always)
    mutating func forEachVarint(_ tag: Tag, _ body: (UInt64) throws(JSONProblem) -> Void) throws(JSONProblem) {
        switch tag.wire {
        case .varint:
            try body(try varint())
        case .lengthDelimited:
            var packed = try message()
            while !packed.isAtEnd { try body(try packed.varint()) }
        case .fixed32, .fixed64:
            try skip(tag)
        }
    }
}
