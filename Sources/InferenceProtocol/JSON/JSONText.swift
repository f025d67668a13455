/// A JSON string that has been checked but not copied: the bytes between its quotes.
package struct JSONText {
    package let bytes: UnsafeBufferPointer<UInt8>
    /// Whether a backslash occurs, so that the bytes are not yet the text.
    let hasEscapes: Bool
    /// Bytes of UTF-8 once the escapes are resolved.
    let decodedCount: Int

    /// The text of a JSON string; `decodedCount` is its length once the escapes are resolved.
    init(bytes: UnsafeBufferPointer<UInt8>, hasEscapes: Bool, decodedCount: Int) {
        self.bytes = bytes
        self.hasEscapes = hasEscapes
        self.decodedCount = decodedCount
    }

    /// A text as it stands, without escapes.
    package init(_ plain: UnsafeRawBufferPointer) {
        self.init(bytes: plain.bindMemory(to: UInt8.self), hasEscapes: false, decodedCount: plain.count)
    }

    @inline(__always)
    package func equals(_ other: StaticString) -> Bool {
        if hasEscapes { return string == "\(other)" }
        let count = other.utf8CodeUnitCount
        guard bytes.count == count else { return false }
        for index in 0..<count where bytes[index] != other.utf8Start[index] { return false }
        return true
    }

    @inline(__always)
    func equals(_ other: String) -> Bool {
        guard other.utf8.count == decodedCount else { return false }
        if hasEscapes { return string == other }
        var index = 0
        for byte in other.utf8 {
            guard bytes[index] == byte else { return false }
            index += 1
        }
        return true
    }

    package var string: String {
        guard hasEscapes else { return String(decoding: bytes, as: UTF8.self) }
        return String(unsafeUninitializedCapacity: decodedCount) { target in
            guard let base = target.baseAddress else { return 0 }
            write(to: base)
            return decodedCount
        }
    }

    /// Writes the `decodedCount` bytes of the text.
    @inline(__always)
    func write(to target: UnsafeMutablePointer<UInt8>) {
        guard let base = bytes.baseAddress else { return }
        if hasEscapes {
            writeUnescaped(to: target)
        } else {
            target.update(from: base, count: bytes.count)
        }
    }

    private func writeUnescaped(to target: UnsafeMutablePointer<UInt8>) {
        var target = target
        var index = 0
        while index < bytes.count {
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\"), index < bytes.count else {
                target.pointee = byte
                target += 1
                continue
            }
            let escape = bytes[index]
            index += 1
            if escape == UInt8(ascii: "u") {
                guard let scalar = UnicodeEscape.scalar(in: bytes, at: &index) else { return }
                for unit in Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter {
                    target.pointee = unit
                    target += 1
                }
            } else {
                target.pointee = UnicodeEscape.plain(escape) ?? escape
                target += 1
            }
        }
    }
}

/// Escapes in JSON strings, RFC 8259 section 7.
enum UnicodeEscape {
    /// What `\` and this letter stand for.
    static func plain(_ letter: UInt8) -> UInt8? {
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): letter
        case UInt8(ascii: "b"): 0x08
        case UInt8(ascii: "f"): 0x0c
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        case UInt8(ascii: "t"): 0x09
        default: nil
        }
    }

    /// The scalar whose four digits begin at `index` (behind `\u`), its second half included; moves past it.
    /// `nil` for bad digits and for halves of a surrogate pair on their own, which no UTF-8 can say.
    static func scalar(in bytes: UnsafeBufferPointer<UInt8>, at index: inout Int) -> Unicode.Scalar? {
        guard let first = fourDigits(in: bytes, at: index) else { return nil }
        index += 4
        guard first & 0xf800 == 0xd800 else { return Unicode.Scalar(first) }
        guard first & 0xfc00 == 0xd800, bytes.count - index >= 6, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u"), let second = fourDigits(in: bytes, at: index + 2),
            second & 0xfc00 == 0xdc00
        else { return nil }
        index += 6
        return Unicode.Scalar(0x1_0000 + (first & 0x3ff) << 10 + second & 0x3ff)
    }

    private static func fourDigits(in bytes: UnsafeBufferPointer<UInt8>, at index: Int) -> UInt32? {
        guard bytes.count - index >= 4 else { return nil }
        var value: UInt32 = 0
        for byte in bytes[index..<(index + 4)] {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): value = value << 4 | UInt32(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"): value = value << 4 | UInt32(byte - UInt8(ascii: "a") + 10)
            case UInt8(ascii: "A")...UInt8(ascii: "F"): value = value << 4 | UInt32(byte - UInt8(ascii: "A") + 10)
            default: return nil
            }
        }
        return value
    }
}
