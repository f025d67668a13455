package import NIOCore

/// Makes a small message field by field; those inside it are made first and copied. Zeros and empty texts are left out,
/// as in proto3.
package struct ProtobufBuilder: Sendable {
    private var made = ByteBuffer()

    package init() {}

    /// The message so far.
    package var bytes: ByteBuffer { made }

    package mutating func bool(_ number: UInt32, _ value: Bool) { uint64(number, value ? 1 : 0) }

    package mutating func int64(_ number: UInt32, _ value: Int) {
        uint64(number, UInt64(bitPattern: Int64(value)))
    }

    package mutating func uint64(_ number: UInt32, _ value: UInt64) {
        guard value != 0 else { return }
        choice(number, value)
    }

    /// A number of a `oneof`, where zero says something too.
    package mutating func choice(_ number: UInt32, _ value: UInt64) {
        made.writeProtobuf(size: ProtobufSize.tag(number) + ProtobufSize.varint(value)) { writer in
            writer.tag(number, .varint)
            writer.varint(value)
        }
    }

    package mutating func double(_ number: UInt32, _ value: Double) {
        made.writeProtobuf(size: ProtobufSize.tag(number)) { $0.tag(number, .fixed64) }
        made.writeInteger(value.bitPattern, endianness: .little)
    }

    package mutating func string(_ number: UInt32, _ text: String) {
        guard !text.isEmpty else { return }
        element(number, text)
    }

    /// An element of a repeated field of texts, or a text of a `oneof`, where the empty one says something too.
    package mutating func element(_ number: UInt32, _ text: String) {
        bytes(number, ByteBuffer(string: text))
    }

    package mutating func bytes(_ number: UInt32, _ bytes: ByteBuffer) {
        let length = bytes.readableBytes
        made.writeProtobuf(size: ProtobufSize.field(number, length: length) - length) {
            $0.begin(number, length: length)
        }
        made.writeImmutableBuffer(bytes)
    }

    package mutating func packed(_ number: UInt32, _ numbers: [Int]) {
        guard !numbers.isEmpty else { return }
        let size = ProtobufSize.packed(numbers)
        made.writeProtobuf(size: ProtobufSize.field(number, length: size)) {
            $0.packed(number, numbers, size: size)
        }
    }

    package mutating func message(_ number: UInt32, _ fill: (inout ProtobufBuilder) -> Void) {
        var inner = ProtobufBuilder()
        fill(&inner)
        bytes(number, inner.made)
    }

    /// One entry of a map of messages by texts.
    package mutating func entry(_ number: UInt32, _ key: String, _ fill: (inout ProtobufBuilder) -> Void) {
        message(number) { entry in
            entry.string(1, key)
            entry.message(2, fill)
        }
    }
}
