#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// How long ago something was, from the server's RFC 3339 times in UTC.
enum Age {
    /// `just now`, `5 min ago`, `3 h ago`, `12 d ago`; the date itself beyond two months.
    static func text(_ timestamp: String, now: Int = time(nil)) -> String {
        guard let then = seconds(timestamp) else { return timestamp }
        let age = now - then
        switch age {
        case ..<0: return date(timestamp)
        case ..<60: return "just now"
        case ..<3600: return "\(age / 60) min ago"
        case ..<86_400: return "\(age / 3600) h ago"
        case ..<(60 * 86_400): return "\(age / 86_400) d ago"
        default: return date(timestamp)
        }
    }

    /// `2026-07-30 02:54 UTC`.
    static func moment(_ timestamp: String) -> String {
        guard seconds(timestamp) != nil else { return timestamp }
        return "\(timestamp.prefix(10)) \(timestamp.dropFirst(11).prefix(5)) UTC"
    }

    private static func date(_ timestamp: String) -> String { String(timestamp.prefix(10)) }

    /// Seconds since 1970 of `YYYY-MM-DDTHH:MM:SS...`, by counting days in the proleptic Gregorian calendar.
    static func seconds(_ timestamp: String) -> Int? {
        let text = Array(timestamp.utf8)
        func number(_ start: Int, _ count: Int) -> Int? {
            guard start + count <= text.count else { return nil }
            return Int(String(decoding: text[start..<start + count], as: UTF8.self))
        }
        guard let year = number(0, 4), let month = number(5, 2), let day = number(8, 2), let hour = number(11, 2),
            let minute = number(14, 2), let second = number(17, 2), (1...12).contains(month)
        else { return nil }
        // March is the first month here, so that the day that leap years add is the last one of a year.
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        let days = 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
        return ((days * 24 + hour) * 60 + minute) * 60 + second
    }
}
