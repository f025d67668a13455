package import Journal

extension DocumentFields {
    /// `90s`, `2m`, `1h`, `7d`, or seconds as a bare number.
    package mutating func duration(_ name: String, in range: ClosedRange<Int>) throws(ControlError) -> Int? {
        guard let value = value(name) else { return nil }
        guard let seconds = Self.seconds(value) else {
            throw refusal(name, "is no length of time", hint: "as 90s, 2m or 1h")
        }
        guard range.contains(seconds) else {
            throw refusal(
                name, "is \(seconds) seconds", hint: "from \(range.lowerBound) to \(range.upperBound) seconds")
        }
        return seconds
    }

    private static func seconds(_ value: DocumentValue) -> Int? {
        switch value {
        case .whole(let number): return number
        case .text(let text):
            let units = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
            guard let unit = text.last.flatMap({ units[String($0)] }), let count = Int(text.dropLast()), count >= 0
            else { return nil }
            let (seconds, overflow) = count.multipliedReportingOverflow(by: unit)
            return overflow ? nil : seconds
        default: return nil
        }
    }
}
