/// The fields of protobuf messages in a file, one after the other, without loading what nobody asks for.
///
/// Source of the format: "Encoding" in the Protocol Buffers documentation. Every length is checked against the message
/// that it is in, so that no claim of the file leads outside of it; groups (long gone from the format) are refused.
struct ProtobufFields: ~Copyable {
    var window: FileWindow

    /// Where a message, string or other length-delimited field lies in the file.
    struct Extent: Sendable, Hashable {
        var start: Int
        let end: Int
        var count: Int { end - start }
    }

    enum Value: Sendable, Hashable {
        case number(UInt64)
        case extent(Extent)
        /// Four or eight bytes of fixed size: floating-point numbers, which we never want.
        case fixed
    }

    struct Field: Sendable, Hashable {
        let number: Int
        let value: Value
    }

    var whole: Extent { Extent(start: 0, end: window.size) }

    /// The next field of a message, whose `start` moves behind it; `nil` at the message's end.
    mutating func next(_ message: inout Extent) throws(ProtobufError) -> Field? {
        guard message.start < message.end else { return nil }
        let tag = try varint(&message)
        guard let number = Int(exactly: tag >> 3), number > 0, number < 1 << 29 else {
            throw .malformed(offset: message.start)
        }
        switch tag & 7 {
        case 0: return Field(number: number, value: .number(try varint(&message)))
        case 1: return try skip(8, number, &message)
        case 5: return try skip(4, number, &message)
        case 2:
            let claimed = try varint(&message)
            guard let count = Int(exactly: claimed), count <= message.count else {
                throw .truncated(offset: message.start, claimed: claimed, left: message.count)
            }
            let extent = Extent(start: message.start, end: message.start + count)
            message.start = extent.end
            return Field(number: number, value: .extent(extent))
        default: throw .malformed(offset: message.start)
        }
    }

    private func skip(_ count: Int, _ number: Int, _ message: inout Extent) throws(ProtobufError) -> Field {
        guard message.count >= count else {
            throw .truncated(offset: message.start, claimed: UInt64(count), left: message.count)
        }
        message.start += count
        return Field(number: number, value: .fixed)
    }

    private mutating func varint(_ message: inout Extent) throws(ProtobufError) -> UInt64 {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 70, by: 7) {
            guard message.start < message.end else {
                throw .truncated(offset: message.start, claimed: 1, left: 0)
            }
            let byte = try window.read { window throws(FileWindowError) in try window.byte(at: message.start) }
            message.start += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
        }
        throw .malformed(offset: message.start)
    }

    /// The bytes of a field, at most `limit` of them.
    mutating func bytes(_ extent: Extent, limit: Int) throws(ProtobufError) -> [UInt8] {
        try window.read { window throws(FileWindowError) in
            try window.bytes(at: extent.start, count: min(extent.count, limit))
        }
    }
}

/// Why the bytes of a file are not the protobuf messages that they should be.
enum ProtobufError: Error, Sendable, Hashable {
    /// At `offset` something begins that claims more bytes than its message has left.
    case truncated(offset: Int, claimed: UInt64, left: Int)
    case malformed(offset: Int)
    case tooDeep
    case file(FileWindowError)
}

extension FileWindow {
    fileprivate mutating func read<Result>(
        _ body: (inout FileWindow) throws(FileWindowError) -> Result
    ) throws(ProtobufError) -> Result {
        do throws(FileWindowError) { return try body(&self) } catch { throw .file(error) }
    }
}
