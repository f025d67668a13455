/// Numbers in limits and notes, as people write them.
enum LimitText {
    /// `18`, `0.25`, `1e+20`: without a fraction that says nothing.
    static func number(_ value: Double) -> String {
        guard let whole = Int(exactly: value) else { return value.description }
        return String(whole)
    }

    static func atLeast(_ value: Double) -> String { "at least \(number(value))" }
    static func atMost(_ value: Double) -> String { "at most \(number(value))" }

    /// `1,000`
    static func count(_ value: Int) -> String {
        let digits = String(value)
        var text = ""
        for (index, digit) in digits.enumerated() {
            if index > 0, (digits.count - index) % 3 == 0 { text += "," }
            text.append(digit)
        }
        return text
    }

    /// `a, b, c and 5 more`
    static func listed(_ names: [String]) -> String {
        let shown = names.prefix(5).map { excerpt($0) }.joined(separator: ", ")
        return names.count > 5 ? "\(shown) and \(names.count - 5) more" : shown
    }

    /// What came out of a file, short and without control characters.
    static func excerpt(_ text: String) -> String {
        let visible = text.unicodeScalars.prefix(32).map { $0.value < 0x20 || $0.value == 0x7F ? "?" : String($0) }
        return visible.joined() + (text.unicodeScalars.count > 32 ? "..." : "")
    }
}
