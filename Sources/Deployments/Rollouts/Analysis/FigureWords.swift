import Foundation

/// Figures as people read them.
enum FigureWords {
    /// Up to four significant digits.
    static func number(_ value: Double) -> String { String(format: "%.4g", value) }

    static func signed(_ value: Double) -> String { String(format: "%+.4g", value) }

    /// `1.25%`
    static func share(_ value: Double) -> String { String(format: "%.3g%%", value * 100) }

    static func milliseconds(_ value: Double) -> String { String(format: "%.3g ms", value) }

    /// `1,200 to 1`
    static func odds(_ value: Double) -> String {
        value >= 1e6 ? "more than a million to 1" : "\(grouped(value)) to 1"
    }

    /// `12,000`
    static func grouped(_ value: Double) -> String {
        guard value.magnitude < 1e15 else { return number(value) }
        let digits = Array(String(Int64(value.magnitude.rounded())))
        var text = ""
        for (place, digit) in digits.enumerated() {
            if place > 0, (digits.count - place) % 3 == 0 { text.append(",") }
            text.append(digit)
        }
        return value < 0 ? "-" + text : text
    }
}
