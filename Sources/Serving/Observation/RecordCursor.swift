/// Reads what `RecordBytes` wrote, out of bytes that may be anything.
package struct RecordCursor {
    private let bytes: UnsafeRawBufferPointer
    package private(set) var offset = 0

    package init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    package var isAtEnd: Bool { offset == bytes.count }

    package mutating func next<Integer: FixedWidthInteger>(_ type: Integer.Type) throws(MalformedRecord) -> Integer {
        guard bytes.count - offset >= MemoryLayout<Integer>.size else { throw MalformedRecord("it ends too early") }
        defer { offset += MemoryLayout<Integer>.size }
        return Integer(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
    }

    package mutating func bytes(_ count: Int) throws(MalformedRecord) -> UnsafeRawBufferPointer {
        guard count >= 0, bytes.count - offset >= count else { throw MalformedRecord("it ends too early") }
        defer { offset += count }
        return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + count])
    }

    package mutating func text() throws(MalformedRecord) -> String {
        let count = Int(try next(UInt32.self))
        return String(decoding: try bytes(count), as: UTF8.self)
    }
}

/// A record whose checksum holds and whose contents are none of ours all the same.
package struct MalformedRecord: Error, CustomStringConvertible {
    package let description: String

    package init(_ description: String) { self.description = description }
}
