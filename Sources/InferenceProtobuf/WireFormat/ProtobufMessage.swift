package import InferenceProtocol
package import NIOCore

/// A small message that has come, read field by field. Each question goes through it again: for requests that are rare
/// and short, where being quick does not matter. A field that is missing has its type's zero, as in proto3.
package struct ProtobufMessage: Sendable {
    /// As they came.
    package let bytes: ByteBuffer

    /// Fails when the message is malformed.
    package init(_ bytes: ByteBuffer) throws(ProtocolError) {
        self.bytes = bytes
        try scan { (reader, tag) throws(JSONProblem) in try reader.skip(tag) }
    }

    package func bool(_ number: UInt32) throws(ProtocolError) -> Bool { try uint64(number) != 0 }

    package func uint64(_ number: UInt32) throws(ProtocolError) -> UInt64 {
        var value: UInt64 = 0
        try scan { (reader, tag) throws(JSONProblem) in
            guard tag.number == number, tag.wire == .varint else { return try reader.skip(tag) }
            value = try reader.varint()
        }
        return value
    }

    /// Fails when it is not UTF-8.
    package func string(_ number: UInt32) throws(ProtocolError) -> String { try strings(number).last ?? "" }

    /// Every occurrence of a text; fails when one is not UTF-8.
    package func strings(_ number: UInt32) throws(ProtocolError) -> [String] {
        var values: [String] = []
        try scan { (reader, tag) throws(JSONProblem) in
            guard tag.number == number, tag.wire == .lengthDelimited else { return try reader.skip(tag) }
            values.append(try reader.string())
        }
        return values
    }

    /// Whether the field is there at all; only of use where zero differs from missing.
    package func has(_ number: UInt32) throws(ProtocolError) -> Bool {
        var found = false
        try scan { (reader, tag) throws(JSONProblem) in
            found = found || tag.number == number
            try reader.skip(tag)
        }
        return found
    }

    /// Every occurrence of a field that holds a message.
    package func messages(_ number: UInt32) throws(ProtocolError) -> [ProtobufMessage] {
        var places: [Range<Int>] = []
        try scan { (reader, tag) throws(JSONProblem) in
            guard tag.number == number, tag.wire == .lengthDelimited else { return try reader.skip(tag) }
            let length = try reader.lengthDelimited().count
            places.append((reader.offset - length)..<reader.offset)
        }
        var found: [ProtobufMessage] = []
        for place in places {
            guard let part = bytes.getSlice(at: bytes.readerIndex + place.lowerBound, length: place.count) else {
                continue
            }
            found.append(try ProtobufMessage(part))
        }
        return found
    }

    private func scan(
        _ visit: (inout ProtobufReader, ProtobufReader.Tag) throws(JSONProblem) -> Void
    ) throws(ProtocolError) {
        try bytes.withUnsafeReadableBytes { (bytes) throws(ProtocolError) in
            do throws(JSONProblem) {
                var reader = ProtobufReader(bytes)
                while let tag = try reader.next() { try visit(&reader, tag) }
            } catch {
                throw error.protocolError
            }
        }
    }
}
