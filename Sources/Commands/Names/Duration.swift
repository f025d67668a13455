/// A length of time as a person types it.
enum Duration {
    /// `90s`, `2m`, `1h`, `7d`, or seconds as a bare number.
    static func seconds(_ text: String, flag: String) throws(Failure) -> Int {
        let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        let unit = text.last.flatMap { units[String($0)] }
        let digits = unit == nil ? text[...] : text.dropLast()
        guard let count = Int(digits), count >= 0,
            case let (seconds, overflow) = count.multipliedReportingOverflow(by: unit ?? 1), !overflow
        else {
            throw Failure("\(flag) \"\(text)\" is no length of time", hint: "write 90s, 2m or 1h", code: .usage)
        }
        return seconds
    }
}
