package import NIOCore

/// The server's own name for one answer.
package struct PredictionID: Sendable, Hashable {
    /// Bytes of its text.
    package static let length = 32

    var high: UInt64
    var low: UInt64

    /// Appends 32 hexadecimal digits.
    package func write(into buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.length) { bytes in
            Self.write(high, into: bytes, at: 0)
            Self.write(low, into: bytes, at: 16)
            return Self.length
        }
    }

    @inline(__always)
    private static func write(_ value: UInt64, into bytes: UnsafeMutableRawBufferPointer, at start: Int) {
        for digit in 0..<16 {
            let nibble = UInt8(truncatingIfNeeded: value >> UInt64(60 - 4 * digit)) & 15
            bytes[start + digit] = nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10
        }
    }
}

/// Makes 128-bit numbers that no other answer of this server carries.
package struct PredictionIDSource {
    private let prefix = UInt64.random(in: 0...UInt64.max)
    private var counter = UInt64.random(in: 0...UInt64.max)

    package init() {}

    package mutating func next() -> PredictionID {
        counter &+= 1
        return PredictionID(high: prefix, low: counter)
    }
}
