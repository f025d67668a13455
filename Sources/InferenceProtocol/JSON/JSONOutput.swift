import NIOCore

/// Where JSON is being written to: memory whose size somebody has already made sure of.
struct JSONOutput {
    var at: UnsafeMutablePointer<UInt8>
    let powers = PowersOfTen.shared

    @inline(__always)
    init(at: UnsafeMutablePointer<UInt8>) { self.at = at }

    @inline(__always)
    mutating func byte(_ value: UInt8) {
        at.pointee = value
        at += 1
    }

    @inline(__always)
    mutating func text(_ text: StaticString) {
        at.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        at += text.utf8CodeUnitCount
    }

    /// The most that `quoted` writes for so many bytes: an escape takes six.
    @inline(__always)
    static func quotedBound(_ count: Int) -> Int { 6 * count + 2 }

    @inline(__always)
    mutating func quoted(_ text: String) {
        byte(UInt8(ascii: "\""))
        for unit in text.utf8 { escaped(unit) }
        byte(UInt8(ascii: "\""))
    }

    @inline(__always)
    mutating func quoted(_ bytes: UnsafeRawBufferPointer) {
        byte(UInt8(ascii: "\""))
        for unit in bytes { escaped(unit) }
        byte(UInt8(ascii: "\""))
    }

    /// Whether it stands in a string as it is.
    @inline(__always)
    static func isPlain(_ unit: UInt8) -> Bool {
        unit >= 0x20 && unit != UInt8(ascii: "\"") && unit != UInt8(ascii: "\\")
    }

    @inline(__always)
    private mutating func escaped(_ unit: UInt8) {
        if Self.isPlain(unit) {
            byte(unit)
        } else {
            escape(unit)
        }
    }

    @inline(never)
    private mutating func escape(_ unit: UInt8) {
        byte(UInt8(ascii: "\\"))
        switch unit {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): byte(unit)
        case 0x08: byte(UInt8(ascii: "b"))
        case 0x09: byte(UInt8(ascii: "t"))
        case 0x0a: byte(UInt8(ascii: "n"))
        case 0x0c: byte(UInt8(ascii: "f"))
        case 0x0d: byte(UInt8(ascii: "r"))
        default:
            text("u00")
            for nibble in [unit >> 4, unit & 15] {
                byte(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
            }
        }
    }

    /// The most that `list` writes, while it does.
    static func listBound(_ count: Int) -> Int { 21 * count + 2 + numberBound }

    /// `[1,4]`
    mutating func list(_ numbers: [Int]) {
        byte(UInt8(ascii: "["))
        var isFirst = true
        for number in numbers {
            if !isFirst { byte(UInt8(ascii: ",")) }
            isFirst = false
            integer(number)
        }
        byte(UInt8(ascii: "]"))
    }
}

extension ByteBuffer {
    /// Appends what `write` writes, which is at most `bound` bytes.
    @inline(__always)
    mutating func writeJSON(atMost bound: Int, _ write: (inout JSONOutput) -> Void) {
        _ = writeWithUnsafeMutableBytes(minimumWritableBytes: max(bound, 1)) { space in
            guard let base = space.baseAddress else { return 0 }
            let start = base.assumingMemoryBound(to: UInt8.self)
            var output = JSONOutput(at: start)
            write(&output)
            return output.at - start
        }
    }
}
