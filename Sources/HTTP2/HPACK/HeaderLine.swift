package import NIOCore

/// Header lines as they go out: literals that leave no trace in the peer's table (RFC 7541 section 6.2.2), so that
/// constant parts of an answer can be made once.
extension ByteBuffer {
    /// `:status`, by its number in the fixed table where it has one.
    package mutating func writeStatusLine(_ status: Int) {
        switch status {
        case 200: writeInteger(UInt8(0x88))
        case 400: writeInteger(UInt8(0x8c))
        case 404: writeInteger(UInt8(0x8d))
        default:
            writeInteger(UInt8(0x08))
            writeLength(3)
            writeString(String(min(999, max(100, status))))
        }
    }

    /// One line; the name in lower case.
    package mutating func writeHeaderLine(_ name: StaticString, _ value: String) {
        writeHeaderName(name)
        writeLength(value.utf8.count)
        writeString(value)
    }

    /// A line whose value `write` appends, `length` bytes of it.
    package mutating func writeHeaderLine(_ name: StaticString, length: Int, _ write: (inout ByteBuffer) -> Void) {
        writeHeaderName(name)
        writeLength(length)
        write(&self)
    }

    private mutating func writeHeaderName(_ name: StaticString) {
        writeInteger(UInt8(0))
        writeLength(name.utf8CodeUnitCount)
        writeStaticString(name)
    }

    /// The length of a string that is not packed (RFC 7541 section 5.1, with a prefix of seven bits).
    private mutating func writeLength(_ length: Int) {
        guard length >= 0x7f else {
            writeInteger(UInt8(length))
            return
        }
        writeInteger(UInt8(0x7f))
        var rest = length - 0x7f
        while rest >= 0x80 {
            writeInteger(UInt8(rest & 0x7f) | 0x80)
            rest >>= 7
        }
        writeInteger(UInt8(rest))
    }
}
