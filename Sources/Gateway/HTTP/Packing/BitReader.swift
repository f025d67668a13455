/// Bits of a deflate stream: the lowest of each byte first (RFC 1951 section 3.1.1).
struct BitReader {
    private let bytes: UnsafeRawBufferPointer
    private(set) var position: Int
    private var held: UInt32 = 0
    private var count: UInt32 = 0

    init(_ bytes: UnsafeRawBufferPointer, from position: Int) {
        self.bytes = bytes
        self.position = position
    }

    /// The next `wanted` bits, at most 16, as a number.
    mutating func bits(_ wanted: UInt32) throws(PackedBodyError) -> Int {
        while count < wanted {
            guard position < bytes.count else { throw .truncated }
            held |= UInt32(bytes[position]) << count
            position += 1
            count += 8
        }
        let value = held & ((1 << wanted) - 1)
        held >>= wanted
        count -= wanted
        return Int(value)
    }

    /// Goes on at the next whole byte.
    mutating func alignToByte() {
        held = 0
        count = 0
    }

    /// The next `length` bytes, from a whole byte on.
    mutating func take(_ length: Int) throws(PackedBodyError) -> UnsafeRawBufferPointer {
        guard length <= bytes.count - position else { throw .truncated }
        let piece = UnsafeRawBufferPointer(rebasing: bytes[position..<(position + length)])
        position += length
        return piece
    }
}

/// Why a packed body cannot be unpacked.
package enum PackedBodyError: Error, Sendable, Hashable {
    case truncated
    /// A sentence that ends "the packed body ...".
    case malformed(String)
    /// It unpacks to more bytes than are taken.
    case tooLarge
}
