/// Base64 in its standard alphabet (RFC 4648 section 4), with or without padding, straight between the buffers at hand.
enum Base64 {
    /// How many bytes this many letters stand for; `nil` for a length that no base64 has.
    static func decodedCount(_ letters: UnsafeBufferPointer<UInt8>) -> Int? {
        let count = unpadded(letters)
        guard count % 4 != 1, count == letters.count || letters.count % 4 == 0 else { return nil }
        return count / 4 * 3 + max(0, count % 4 - 1)
    }

    /// Writes `decodedCount` bytes; false when a letter is none of the alphabet, or bits are left over.
    static func decode(_ letters: UnsafeBufferPointer<UInt8>, to target: UnsafeMutablePointer<UInt8>) -> Bool {
        var target = target
        var bits: UInt32 = 0
        var bitCount: UInt32 = 0
        for index in 0..<unpadded(letters) {
            guard let value = value(of: letters[index]) else { return false }
            bits = bits << 6 | value
            bitCount += 6
            if bitCount >= 8 {
                bitCount -= 8
                target.pointee = UInt8(truncatingIfNeeded: bits >> bitCount)
                target += 1
            }
            bits &= 0xffff
        }
        return bits & (1 << bitCount - 1) == 0
    }

    /// Letters for this many bytes, padding included.
    static func encodedCount(_ count: Int) -> Int { (count + 2) / 3 * 4 }

    static func encode(_ bytes: UnsafeRawBufferPointer, _ write: (UInt8) -> Void) {
        var index = 0
        while index < bytes.count {
            let count = min(3, bytes.count - index)
            var bits: UInt32 = 0
            for place in 0..<3 { bits = bits << 8 | (place < count ? UInt32(bytes[index + place]) : 0) }
            for place in 0..<4 {
                let letter = letter(UInt8(truncatingIfNeeded: bits >> UInt32(18 - 6 * place)) & 63)
                write(place <= count ? letter : UInt8(ascii: "="))
            }
            index += count
        }
    }

    private static func unpadded(_ letters: UnsafeBufferPointer<UInt8>) -> Int {
        var count = letters.count
        while count > 0, letters.count - count < 2, letters[count - 1] == UInt8(ascii: "=") { count -= 1 }
        return count
    }

    private static func value(of letter: UInt8) -> UInt32? {
        switch letter {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(letter - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(letter - UInt8(ascii: "a") + 26)
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(letter - UInt8(ascii: "0") + 52)
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }

    private static func letter(_ value: UInt8) -> UInt8 {
        switch value {
        case 0..<26: UInt8(ascii: "A") + value
        case 26..<52: UInt8(ascii: "a") + value - 26
        case 52..<62: UInt8(ascii: "0") + value - 52
        case 62: UInt8(ascii: "+")
        default: UInt8(ascii: "/")
        }
    }
}
