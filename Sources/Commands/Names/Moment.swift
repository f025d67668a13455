#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A moment as a person writes it.
enum Moment {
    /// RFC 3339 in UTC for the server; ages are counted back from now.
    static func utc(_ text: String?, flag: String, now: Int = Int(Date().timeIntervalSince1970)) throws(Failure)
        -> String?
    {
        guard let text else { return nil }
        let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        if let unit = text.last.flatMap({ units[String($0)] }), let count = Int(text.dropLast()), count >= 0 {
            let (age, overflow) = count.multipliedReportingOverflow(by: unit)
            guard !overflow, age <= now else { return "1970-01-01" }
            return rfc3339(now - age)
        }
        guard text.utf8.count == 10 || text.hasSuffix("Z"), text.contains("-") else {
            throw Failure(
                "\(flag) \"\(text)\" is no moment", hint: "write 2026-03-01, 2026-03-01T09:30:00Z, or an age like 24h",
                code: .usage)
        }
        return text
    }

    private static func rfc3339(_ seconds: Int) -> String {
        let date = Date(timeIntervalSince1970: Double(seconds))
        return date.formatted(.iso8601)
    }
}
