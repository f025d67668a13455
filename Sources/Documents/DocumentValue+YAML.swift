/// Documents as people write them, so that a reader makes the same value of the text again.
extension DocumentValue {
    /// The lines of a mapping; of anything else the one line that it is.
    ///
    /// - Parameter order: the names that come first, in this order; all others follow by name.
    package func yaml(order: [String] = []) -> [String] {
        let places = Dictionary(order.enumerated().map { ($1, $0) }) { first, _ in first }
        guard case .mapping(let members) = self, !members.isEmpty else { return [inline(places)] }
        return Self.lines(members, places)
    }

    /// In one line, for messages.
    package var line: String { inline([:], isGuarded: false) }

    private static func sorted(
        _ members: [String: DocumentValue], _ places: [String: Int]
    ) -> [(key: String, value: DocumentValue)] {
        members.sorted { left, right in
            let (first, second) = (places[left.key] ?? places.count, places[right.key] ?? places.count)
            return first == second ? left.key < right.key : first < second
        }
    }

    private static func lines(_ members: [String: DocumentValue], _ places: [String: Int]) -> [String] {
        sorted(members, places).flatMap { name, value in member(name, value, places) }
    }

    private static func member(_ name: String, _ value: DocumentValue, _ places: [String: Int]) -> [String] {
        switch value {
        case .mapping(let members) where !members.isEmpty:
            return ["\(quoted(name)):"] + lines(members, places).map { "  " + $0 }
        case .list(let items) where !items.allSatisfy(\.isPlain):
            return ["\(quoted(name)):"] + items.flatMap { item($0, places) }
        default: return ["\(quoted(name)): \(value.inline(places))"]
        }
    }

    private static func item(_ value: DocumentValue, _ places: [String: Int]) -> [String] {
        guard case .mapping(let members) = value, !members.isEmpty else { return ["  - \(value.inline(places))"] }
        return lines(members, places).enumerated().map { ($0.offset == 0 ? "  - " : "    ") + $0.element }
    }

    private var isPlain: Bool {
        switch self {
        case .null, .flag, .whole, .number, .text: true
        case .list, .mapping: false
        }
    }

    /// - Parameter isGuarded: whether the guard against bombs is going to read it.
    private func inline(_ places: [String: Int], isGuarded: Bool = true) -> String {
        switch self {
        case .null: "null"
        case .flag(let flag): String(flag)
        case .whole(let whole): String(whole)
        case .number(let number): number.description
        case .text(let text): Self.quoted(text, isGuarded: isGuarded)
        case .list(let items): "[\(items.map { $0.inline(places, isGuarded: isGuarded) }.joined(separator: ", "))]"
        case .mapping(let members):
            "{"
                + Self.sorted(members, places).map { name, value in
                    "\(Self.quoted(name, isGuarded: isGuarded)): \(value.inline(places, isGuarded: isGuarded))"
                }.joined(separator: ", ") + "}"
        }
    }

    /// In quotes where a reader would take it for something else.
    private static func quoted(_ text: String, isGuarded: Bool = true) -> String {
        let isPlain = text.utf8.allSatisfy { isWordByte($0) || [".", "_", "-"].contains(UnicodeScalar($0)) }
        let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n"]
        let beginsAsWord = text.utf8.first.map { isLetter($0) } ?? false
        if isPlain, beginsAsWord, !words.contains(text.lowercased()) { return text }
        var written = "\""
        var previous: UnicodeScalar = " "
        for scalar in text.unicodeScalars {
            written += isGuarded && isCounted(scalar, after: previous) ? hexadecimal(scalar) : escaped(scalar)
            previous = scalar
        }
        return written + "\""
    }

    /// What the guard against bombs counts is escaped too: it looks at bytes, not at quotes.
    private static func isCounted(_ scalar: UnicodeScalar, after previous: UnicodeScalar) -> Bool {
        switch scalar {
        case "[", "]", "{", "}": true
        // Between spaces they may stand for one more level each.
        case "-", ":", "?": previous == " "
        // Where a name may follow them.
        case "&", "*": !previous.properties.isAlphabetic
        default: false
        }
    }

    private static func hexadecimal(_ scalar: UnicodeScalar) -> String {
        let digits = String(scalar.value, radix: 16)
        let (mark, length) = scalar.value < 0x100 ? ("\\x", 2) : ("\\U", 8)
        return mark + String(repeating: "0", count: length - digits.count) + digits
    }

    /// Within double quotes.
    private static func escaped(_ scalar: UnicodeScalar) -> String {
        switch scalar {
        case "\\": return "\\\\"
        case "\"": return "\\\""
        case "\n": return "\\n"
        case "\t": return "\\t"
        default: break
        }
        // Control characters, and what a reader of YAML takes for the end of a line or refuses.
        let isOdd =
            scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
            || [0x2028, 0x2029, 0xFEFF].contains(scalar.value) || scalar.value > 0xFFFF
        return isOdd ? hexadecimal(scalar) : String(scalar)
    }

    private static func isLetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        isLetter(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
