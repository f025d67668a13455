extension JSONCursor {
    /// Consumes a string and checks it: escapes, control characters, UTF-8.
    package mutating func string() throws(JSONProblem) -> JSONText {
        guard next() == UInt8(ascii: "\"") else { throw expected("a string") }
        let first = at + 1
        var position = first + plainCount(from: first)
        var isPlain = true
        var isASCII: UInt8 = 0
        while position < end {
            let byte = position.pointee
            if byte == UInt8(ascii: "\"") {
                let bytes = UnsafeBufferPointer(start: first, count: position - first)
                if isASCII >= 0x80, let bad = UTF8Check.firstInvalid(in: UnsafeRawBufferPointer(bytes)) {
                    throw JSONProblem("the string is not valid UTF-8", at: first - start + bad)
                }
                let count = isPlain ? bytes.count : try decodedCount(of: bytes)
                at = position + 1
                return JSONText(bytes: bytes, hasEscapes: !isPlain, decodedCount: count)
            }
            if byte < 0x20 {
                throw JSONProblem(
                    "a string must not hold the unescaped control character \(byte)", at: position - start)
            }
            if byte == UInt8(ascii: "\\") {
                isPlain = false
                // The byte behind it is looked at later; here it only must not end the string.
                position += 1
            }
            isASCII |= byte
            position += 1
        }
        throw JSONProblem("the text ends within the string that began at byte \(offset)", at: end - start)
    }

    /// How many bytes from `place` on are printable ASCII without quotes and backslashes, as far as whole words go: most
    /// strings end here.
    @inline(__always)
    private func plainCount(from place: UnsafePointer<UInt8>) -> Int {
        let ones: UInt64 = 0x0101_0101_0101_0101
        var count = 0
        while end - place - count >= 8 {
            let word = UInt64(littleEndian: UnsafeRawPointer(place + count).loadUnaligned(as: UInt64.self))
            // The top bit of the first byte that is below a space, a quote, a backslash or above ASCII; those behind it
            // may be wrong, since the subtractions borrow.
            let quotes = word ^ (ones &* UInt64(UInt8(ascii: "\"")))
            let backslashes = word ^ (ones &* UInt64(UInt8(ascii: "\\")))
            let below = (word &- ones &* 0x20) & ~word
            let special =
                (below | (quotes &- ones) & ~quotes | (backslashes &- ones) & ~backslashes | word) & (ones &* 0x80)
            guard special == 0 else { return count &+ special.trailingZeroBitCount &>> 3 }
            count &+= 8
        }
        return count
    }

    private func decodedCount(of bytes: UnsafeBufferPointer<UInt8>) throws(JSONProblem) -> Int {
        var count = 0
        var index = 0
        while index < bytes.count {
            let place = index
            let byte = bytes[index]
            index += 1
            guard byte == UInt8(ascii: "\\") else {
                count += 1
                continue
            }
            // A string ends at an unescaped quote, so that something always follows a backslash.
            let escape = index < bytes.count ? bytes[index] : 0
            index += 1
            if escape == UInt8(ascii: "u"), let scalar = UnicodeEscape.scalar(in: bytes, at: &index) {
                count += Unicode.UTF8.width(scalar)
            } else if UnicodeEscape.plain(escape) != nil {
                count += 1
            } else {
                let offset = (bytes.baseAddress ?? start) - start + place
                throw JSONProblem(
                    "the string has an escape that is not one of JSON's, or half a surrogate pair", at: offset)
            }
        }
        return count
    }
}

/// Whether bytes are UTF-8 as Unicode defines it: no overlong forms, no surrogates, nothing above U+10FFFF.
package enum UTF8Check {
    /// The index of the first byte that does not fit, or `nil`.
    package static func firstInvalid(in bytes: UnsafeRawBufferPointer) -> Int? {
        var index = 0
        while index < bytes.count {
            if bytes.count - index >= 8,
                bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
            {
                index += 8
                continue
            }
            let byte = bytes[index]
            if byte < 0x80 {
                index += 1
                continue
            }
            guard let length = sequenceLength(in: bytes, at: index, lead: byte) else { return index }
            index += length
        }
        return nil
    }

    /// Table 3-7 of the Unicode Standard.
    private static func sequenceLength(in bytes: UnsafeRawBufferPointer, at index: Int, lead: UInt8) -> Int? {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xbf
        switch lead {
        case 0xc2...0xdf: length = 2
        case 0xe0: length = 3; second = 0xa0...0xbf
        case 0xe1...0xec, 0xee...0xef: length = 3
        case 0xed: length = 3; second = 0x80...0x9f
        case 0xf0: length = 4; second = 0x90...0xbf
        case 0xf1...0xf3: length = 4
        case 0xf4: length = 4; second = 0x80...0x8f
        default: return nil
        }
        guard bytes.count - index >= length, second.contains(bytes[index + 1]) else { return nil }
        for place in (index + 2)..<max(index + 2, index + length) where bytes[place] & 0xc0 != 0x80 { return nil }
        return length
    }
}
