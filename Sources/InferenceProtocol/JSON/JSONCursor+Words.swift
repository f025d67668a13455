extension JSONCursor {
    /// What stands at the cursor, in words for an error message: `2147483648`, `"abc"`, `a list`.
    func tokenInWords() -> String {
        guard at < end else { return "the end of the text" }
        switch at.pointee {
        case UInt8(ascii: "["): return "a list"
        case UInt8(ascii: "{"): return "an object"
        case UInt8(ascii: "\""): return "\"" + excerpt(from: at + 1, while: { $0 != UInt8(ascii: "\"") }) + "\""
        case let byte where Self.isWord(byte): return excerpt(from: at, while: Self.isWord)
        case let byte where byte > 0x20 && byte < 0x7f: return "'\(Character(Unicode.Scalar(byte)))'"
        case let byte: return "the byte 0x" + String(byte, radix: 16)
        }
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."):
            true
        default: false
        }
    }

    /// At most 40 bytes, unprintable ones as question marks: error messages end up in terminals and logs.
    private func excerpt(from first: UnsafePointer<UInt8>, while belongs: (UInt8) -> Bool) -> String {
        var text = ""
        var position = first
        while position < end, belongs(position.pointee) {
            guard position - first < 40 else { return text + "..." }
            let byte = position.pointee
            text.unicodeScalars.append(byte >= 0x20 && byte < 0x7f ? Unicode.Scalar(byte) : "?")
            position += 1
        }
        return text
    }
}
