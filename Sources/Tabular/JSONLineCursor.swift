/// Walks through the bytes of one line of JSON, which are UTF-8.
struct JSONLineCursor {
    private let text: [UInt8]
    private let line: Int
    private var place = 0

    init(text: [UInt8], line: Int) {
        self.text = text
        self.line = line
    }

    static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") || byte == UInt8(ascii: "\r")
    }

    func fault(_ problem: String) -> TabularError {
        TabularError(line: line, "\(problem) (at character \(place + 1))", hint: "each line is one JSON object")
    }

    /// The next byte that is no blank; stays before it.
    mutating func next() -> UInt8? {
        while place < text.count, Self.isSpace(text[place]) { place += 1 }
        return place < text.count ? text[place] : nil
    }

    mutating func advance() { place += 1 }

    mutating func expect(_ byte: UInt8) throws(TabularError) {
        guard next() == byte else { throw fault("has no '\(Character(UnicodeScalar(byte)))' where one belongs") }
        place += 1
    }

    /// After a member: whether there is another one.
    mutating func continues(until end: UInt8) throws(TabularError) -> Bool {
        switch next() {
        case UInt8(ascii: ","):
            place += 1
            return true
        case end:
            place += 1
            return false
        case nil: throw fault("ends before its object does")
        default: throw fault("has neither ',' nor '\(Character(UnicodeScalar(end)))' after a value")
        }
    }

    /// Appends the string that begins here, unescaped.
    mutating func string(into bytes: inout [UInt8]) throws(TabularError) {
        place += 1
        while place < text.count {
            let byte = text[place]
            place += 1
            switch byte {
            case UInt8(ascii: "\""): return
            case UInt8(ascii: "\\"): try escape(into: &bytes)
            case ..<0x20: throw fault("has a control character in a text: write it as \\u00\(Self.hex(byte))")
            default: bytes.append(byte)
            }
        }
        throw fault("opens a quote that is never closed")
    }

    private mutating func escape(into bytes: inout [UInt8]) throws(TabularError) {
        guard place < text.count else { throw fault("opens a quote that is never closed") }
        let byte = text[place]
        place += 1
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
        case UInt8(ascii: "b"): bytes.append(0x08)
        case UInt8(ascii: "f"): bytes.append(0x0C)
        case UInt8(ascii: "n"): bytes.append(0x0A)
        case UInt8(ascii: "r"): bytes.append(0x0D)
        case UInt8(ascii: "t"): bytes.append(0x09)
        case UInt8(ascii: "u"): bytes.append(contentsOf: String(Character(try scalar())).utf8)
        default: throw fault("has an escape that JSON does not know")
        }
    }

    /// What follows `\u`; two of them where the first is half of a pair.
    private mutating func scalar() throws(TabularError) -> UnicodeScalar {
        let first = try unit()
        var code = first
        if (0xD800..<0xDC00).contains(first) {
            guard place + 1 < text.count, text[place] == UInt8(ascii: "\\"), text[place + 1] == UInt8(ascii: "u")
            else { throw fault("has half of a surrogate pair") }
            place += 2
            let second = try unit()
            guard (0xDC00..<0xE000).contains(second) else { throw fault("has half of a surrogate pair") }
            code = 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
        }
        guard let scalar = UnicodeScalar(code) else { throw fault("has half of a surrogate pair") }
        guard code != 0 else { throw fault("has a NUL character in a text") }
        return scalar
    }

    private mutating func unit() throws(TabularError) -> UInt32 {
        guard place + 4 <= text.count else { throw fault("has an escape that is cut off") }
        var value: UInt32 = 0
        for byte in text[place..<place + 4] {
            guard let digit = Character(UnicodeScalar(byte)).hexDigitValue, byte < 0x80 else {
                throw fault("has an escape that JSON does not know")
            }
            value = value << 4 | UInt32(digit)
        }
        place += 4
        return value
    }

    /// Appends the number or word that begins here.
    mutating func literal(into bytes: inout [UInt8], of name: String) throws(TabularError) -> RawRow.Form {
        _ = next()
        let ends: [UInt8] = [UInt8(ascii: ","), UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ":")]
        let word = text[place...].prefix { !ends.contains($0) && !Self.isSpace($0) }
        if word.elementsEqual("null".utf8) {
            place = word.endIndex
            return .null
        }
        guard word.elementsEqual("true".utf8) || word.elementsEqual("false".utf8) || Self.isNumber(word) else {
            let what = word.isEmpty ? "no value" : "a value that JSON does not know"
            throw fault("has \(what) as '\(name)'")
        }
        bytes.append(contentsOf: word)
        place = word.endIndex
        return .bare
    }

    /// The grammar of RFC 8259, section 6: stricter than what a CSV cell may be.
    private static func isNumber(_ text: ArraySlice<UInt8>) -> Bool {
        let unsigned = text.first == UInt8(ascii: "-") ? text.dropFirst() : text
        guard let first = unsigned.first, isDigit(first), CellText.isNumber(unsigned) else { return false }
        let whole = unsigned.prefix(while: isDigit)
        if whole.count > 1, first == UInt8(ascii: "0") { return false }
        let rest = unsigned.dropFirst(whole.count)
        guard rest.first == UInt8(ascii: ".") else { return true }
        return rest.dropFirst().first.map(isDigit) ?? false
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func hex(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
