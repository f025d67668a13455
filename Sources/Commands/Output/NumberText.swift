#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Numbers as people read them.
enum NumberText {
    /// `0 B`, `999 B`, `1.2 kB`, `45.3 MB`, `2.0 GB`: powers of 1000, three digits at most before the unit.
    static func bytes(_ count: Int) -> String {
        guard count >= 1000 else { return "\(count) B" }
        var value = Double(count)
        for unit in ["kB", "MB", "GB", "TB", "PB"] {
            value /= 1000
            if value < 999.5 || unit == "PB" { return fixed(value, value < 99.95 ? 1 : 0) + " " + unit }
        }
        return "\(count) B"
    }

    /// `1,250`
    static func count(_ value: Int) -> String {
        let digits = String(value)
        return digits.enumerated().reduce(into: "") { text, next in
            if next.offset > 0, (digits.count - next.offset) % 3 == 0, text != "-" { text += "," }
            text.append(next.element)
        }
    }

    /// `0.4 s`, `12 s`, `2 min 5 s`, `3 h 20 min`, `4 d 6 h`.
    static func duration(seconds: Double) -> String {
        guard seconds.isFinite, seconds >= 0, seconds < 1e12 else { return "?" }
        if seconds < 9.95 { return seconds == seconds.rounded() ? "\(Int(seconds)) s" : fixed(seconds, 1) + " s" }
        let whole = Int(seconds.rounded())
        switch whole {
        case ..<60: return "\(whole) s"
        case ..<3600: return pair(whole / 60, "min", whole % 60, "s")
        case ..<86_400: return pair(whole / 3600, "h", whole % 3600 / 60, "min")
        default: return pair(whole / 86_400, "d", whole % 86_400 / 3600, "h")
        }
    }

    private static func pair(_ a: Int, _ unit: String, _ b: Int, _ smaller: String) -> String {
        b == 0 ? "\(a) \(unit)" : "\(a) \(unit) \(b) \(smaller)"
    }

    /// `0.042`, `1.3`, `25`, `1,250`: milliseconds with two digits that matter.
    static func milliseconds(_ value: Double) -> String {
        switch value {
        case ..<0.1: fixed(value, 3)
        case ..<1: fixed(value, 2)
        case ..<10: fixed(value, 1)
        default: fixed(value, 0)
        }
    }

    static func fixed(_ value: Double, _ decimals: Int) -> String { format("%.\(decimals)f", value) }

    /// Six digits that matter at most: `0.974`, `12.5`, `1.2e-07`.
    static func significant(_ value: Double) -> String { format("%.6g", value) }

    /// A column of numbers: all with four decimals where that shows them well, else each with its digits that matter.
    static func column(_ values: [Double]) -> [String] {
        let sizes = values.filter(\.isFinite).map(abs)
        let largest = sizes.max() ?? 0
        if sizes.allSatisfy({ $0 == $0.rounded() && $0 < 1e9 }) { return values.map { format("%.0f", $0) } }
        if largest >= 0.001, largest < 1e6 { return values.map { format("%.4f", $0) } }
        return values.map(significant)
    }

    private static func format(_ format: String, _ value: Double) -> String {
        withVaList([value]) { arguments in
            var buffer = [CChar](repeating: 0, count: 400)
            let count = vsnprintf(&buffer, buffer.count, format, arguments)
            return String(decoding: buffer.prefix(max(Int(count), 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
    }
}
