/// What the text of one cell can be read as.
package enum CellMeaning: Sendable, Hashable {
    /// Nothing stands there, or `null`.
    case missing
    /// Quotes around nothing: an empty text, and in a column of anything else no value.
    case emptyText
    /// A bare `NA`, `NaN`, `null` ...: in a column of text that text, in any other no value.
    case missingWord
    case boolean(Bool)
    /// A whole number that a `Double` holds exactly: less than 2^53 away from zero.
    case integer(Double)
    /// A whole number beyond that; read as the nearest `Double` where a number is wanted.
    case largeInteger(Double)
    case number(Double)
    /// `Infinity`, or a number beyond the range of `Double`.
    case notFinite
    case text
}

package enum CellText {
    /// Up to here each whole number has a `Double` of its own: 2^53 - 1. (2^53 is what 2^53 + 1 is rounded to.)
    package static let largestExact = 9_007_199_254_740_991.0

    private static let missingWords = ["na", "n/a", "nan", "null", "none"].map { Array($0.utf8) }
    private static let infinities = ["inf", "infinity"].map { Array($0.utf8) }

    package static func meaning(of bytes: ArraySlice<UInt8>, form: RawRow.Form) -> CellMeaning {
        switch form {
        case .null: return .missing
        case .string: return .text
        case .bare, .quoted: break
        }
        let trimmed = trimmed(bytes)
        guard let first = trimmed.first else { return form == .quoted ? .emptyText : .missing }
        if isLetter(first) {
            if equals(trimmed, "true") { return .boolean(true) }
            if equals(trimmed, "false") { return .boolean(false) }
            if form == .bare, missingWords.contains(where: { equals(trimmed, $0) }) { return .missingWord }
            return infinities.contains(where: { equals(trimmed, $0) }) ? .notFinite : .text
        }
        switch numeral(trimmed) {
        case .none:
            let unsigned = first == UInt8(ascii: "-") || first == UInt8(ascii: "+") ? trimmed.dropFirst() : []
            return infinities.contains(where: { equals(unsigned, $0) }) ? .notFinite : .text
        case .whole:
            let value = double(trimmed)
            if !value.isFinite { return .notFinite }
            return abs(value) <= largestExact ? .integer(value) : .largeInteger(value)
        case .fraction:
            let value = double(trimmed)
            return value.isFinite ? .number(value) : .notFinite
        }
    }

    /// Whether the text is a decimal numeral, of any size.
    package static func isNumber(_ text: some Collection<UInt8>) -> Bool {
        numeral(trimmed(ArraySlice(text))) != .none
    }

    private enum Numeral { case none, whole, fraction }

    /// Sign, digits with perhaps a point among, before or after them, exponent. Neither hexadecimal nor digit groups.
    private static func numeral(_ text: ArraySlice<UInt8>) -> Numeral {
        var rest = text
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
        let before = rest.prefix(while: isDigit).count
        rest = rest.dropFirst(before)
        guard !rest.isEmpty else { return before > 0 ? .whole : .none }
        var after = 0
        if rest.first == UInt8(ascii: ".") {
            rest.removeFirst()
            after = rest.prefix(while: isDigit).count
            rest = rest.dropFirst(after)
        }
        guard before + after > 0 else { return .none }
        guard let mark = rest.first else { return .fraction }
        guard mark == UInt8(ascii: "e") || mark == UInt8(ascii: "E") else { return .none }
        rest.removeFirst()
        if let sign = rest.first, sign == UInt8(ascii: "-") || sign == UInt8(ascii: "+") { rest.removeFirst() }
        return !rest.isEmpty && rest.allSatisfy(isDigit) ? .fraction : .none
    }

    /// The nearest value; infinite beyond the range.
    private static func double(_ numeral: ArraySlice<UInt8>) -> Double {
        Double(String(decoding: numeral, as: UTF8.self)) ?? .infinity
    }

    private static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var rest = bytes
        while let first = rest.first, isBlank(first) { rest.removeFirst() }
        while let last = rest.last, isBlank(last) { rest.removeLast() }
        return rest
    }

    /// Whether the bytes are `word`, which is in lower case, in any case of letters.
    private static func equals(_ bytes: ArraySlice<UInt8>, _ word: [UInt8]) -> Bool {
        bytes.count == word.count && zip(bytes, word).allSatisfy { ($0 | 0x20) == $1 || $0 == $1 }
    }

    private static func equals(_ bytes: ArraySlice<UInt8>, _ word: String) -> Bool { equals(bytes, Array(word.utf8)) }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }
    private static func isLetter(_ byte: UInt8) -> Bool {
        (byte | 0x20) >= UInt8(ascii: "a") && (byte | 0x20) <= UInt8(ascii: "z")
    }
    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}
