package import NIOCore

/// The server's own name for one answer.
package struct PredictionID: Sendable, Hashable {
    /// Bytes of its text.
    package static let length = 32

    let high: UInt64
    let low: UInt64

    package init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// `nil` for what is not 32 hexadecimal digits in lower case.
    package init?(_ text: String) {
        var words: [UInt64] = [0, 0]
        guard text.utf8.count == Self.length else { return nil }
        for (index, byte) in text.utf8.enumerated() {
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            default: return nil
            }
            words[index / 16] = words[index / 16] << 4 | UInt64(digit)
        }
        self.init(high: words[0], low: words[1])
    }

    /// 32 hexadecimal digits.
    package var text: String {
        var buffer = ByteBuffer()
        write(into: &buffer)
        return String(buffer: buffer)
    }

    /// Appends 32 hexadecimal digits.
    package func write(into buffer: inout ByteBuffer) {
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.length) { bytes in
            write(into: bytes)
            return Self.length
        }
    }

    /// Writes 32 hexadecimal digits to the first bytes of memory that has room for them.
    package func write(into bytes: UnsafeMutableRawBufferPointer) {
        Self.write(high, into: bytes, at: 0)
        Self.write(low, into: bytes, at: 16)
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
