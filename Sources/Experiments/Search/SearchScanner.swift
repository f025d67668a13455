import Journal

/// Goes through a filter or an order from left to right. It never recurs and never goes back further than one quote, so
/// that what it costs grows with the text only.
struct SearchScanner {
    /// Bytes of a filter; a list of a thousand runs has 40 KB.
    static let maximumBytes = 256 << 10

    /// What the request calls the text: `filter`, `order_by`.
    let field: String
    private let bytes: [UInt8]
    private(set) var position = 0

    init(_ text: String, field: String) throws(ControlError) {
        self.field = field
        bytes = Array(text.utf8)
        guard bytes.count <= Self.maximumBytes else {
            throw ControlError(
                .invalid, "\(field) has \(bytes.count) bytes, at most \(Self.maximumBytes)", field: field)
        }
    }

    /// Whether nothing but white space is left.
    mutating func isAtEnd() -> Bool {
        skipSpace()
        return position == bytes.count
    }

    /// The byte `ahead` of the next one; `nil` beyond the end.
    func peek(_ ahead: Int = 0) -> UInt8? {
        let index = position + ahead
        return index < bytes.count ? bytes[index] : nil
    }

    mutating func skipSpace() {
        while let byte = peek(), Self.isSpace(byte) { position += 1 }
    }

    /// Takes the byte when it is the next one.
    mutating func take(_ byte: Unicode.Scalar) -> Bool {
        guard peek() == UInt8(ascii: byte) else { return false }
        position += 1
        return true
    }

    /// Letters, digits, `_`, what is beyond ASCII, and the bytes of `others`; empty where something else stands.
    mutating func word(and others: String = "") -> String {
        text { Self.isOfWord($0) || others.utf8.contains($0) }
    }

    /// The signs that comparators are made of.
    mutating func signs() -> String { text { "=!<>".utf8.contains($0) } }

    /// What stands between two of the same quotes; `nil` where no quote of `quotes` is next.
    ///
    /// In single quotes, MLflow's tokeniser takes `''` and `\'` for a part of the text, and leaves both as they are.
    mutating func quoted(by quotes: String) throws(ControlError) -> String? {
        guard let quote = peek(), quotes.utf8.contains(quote) else { return nil }
        let start = position
        position += 1
        var escaped: Int?
        while let byte = peek() {
            if quote == UInt8(ascii: "'"), byte == UInt8(ascii: "\\"), peek(1) == quote {
                escaped = position + 1
                position += 2
            } else if quote == UInt8(ascii: "'"), byte == quote, peek(1) == quote {
                position += 2
            } else if byte == quote {
                return text(from: start + 1)
            } else {
                position += 1
            }
        }
        // A text that ends in a backslash: the quote behind the last one was the end after all.
        guard let escaped else { throw error("is not closed", at: start, what: "the quote") }
        position = escaped
        return text(from: start + 1)
    }

    /// `-0.5`, `.5`, `1e-3`; `nil` where no number is next.
    mutating func number() throws(ControlError) -> Double? {
        let start = position
        _ = take("-")
        let whole = skip(while: Self.isDigit)
        var part = 0
        if take(".") { part = skip(while: Self.isDigit) }
        guard whole + part > 0 else {
            position = start
            return nil
        }
        if let next = peek(), next == UInt8(ascii: "e") || next == UInt8(ascii: "E") {
            position += 1
            if !take("-") { _ = take("+") }
            _ = skip(while: Self.isDigit)
        }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if let next = peek(), Self.isOfWord(next) || next == UInt8(ascii: ".") { throw notANumber(text, at: start) }
        // Swift need not read a number that has nothing behind its point.
        let plain = text.lowercased().replacing(".e", with: ".0e")
        guard let value = Double(plain.hasSuffix(".") ? plain + "0" : plain) else {
            throw notANumber(text, at: start)
        }
        return value
    }

    private func notANumber(_ text: String, at start: Int) -> ControlError {
        error("is not a number that can be read", at: start, what: "'\(Name.excerpt(of: text))'")
    }

    /// `Invalid filter at character 12: WHAT PROBLEM`
    func error(
        _ problem: String, at place: Int? = nil, what: String, hint: String? = nil
    ) -> ControlError {
        let place = min(place ?? position, bytes.count)
        let character = String(decoding: bytes[..<place], as: UTF8.self).unicodeScalars.count + 1
        return ControlError(
            .invalid, "Invalid \(field) at character \(character): \(what) \(problem)", field: field, hint: hint)
    }

    /// The next few characters, for messages.
    func rest() -> String {
        position == bytes.count
            ? "the end"
            : "'\(Name.excerpt(of: String(decoding: bytes[position...].prefix(64), as: UTF8.self), limit: 24))'"
    }

    /// What was passed since `start`; steps over the quote behind it.
    private mutating func text(from start: Int) -> String {
        defer { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func text(while isWanted: (UInt8) -> Bool) -> String {
        let start = position
        _ = skip(while: isWanted)
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func skip(while isWanted: (UInt8) -> Bool) -> Int {
        let start = position
        while let byte = peek(), isWanted(byte) { position += 1 }
        return position - start
    }

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }

    private static func isOfWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
            || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) || byte == UInt8(ascii: "_") || byte >= 0x80
    }
}
