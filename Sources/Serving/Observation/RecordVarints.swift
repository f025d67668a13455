extension RecordBytes {
    /// Seven bits a byte, the low ones first; the high bit says that more follow (LEB128).
    package func writeVarint(_ value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            write(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        write(UInt8(truncatingIfNeeded: rest))
    }
}

extension RecordCursor {
    package mutating func varint() throws(MalformedRecord) -> UInt64 {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try next(UInt8.self)
            guard shift < 63 || (shift == 63 && byte <= 1) else { throw MalformedRecord("a number beyond 64 bits") }
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
    }
}
