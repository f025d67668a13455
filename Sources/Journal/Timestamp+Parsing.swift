extension Timestamp {
    /// From RFC 3339 in UTC: `2026-03-01T09:30:00Z`, with up to six digits behind the second, or a day alone, which begins
    /// at midnight. `nil` for anything else.
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        func number(_ start: Int, _ count: Int) -> Int? {
            guard start + count <= bytes.count else { return nil }
            return Self.number(bytes[start..<start + count])
        }
        func has(_ character: Character, at index: Int) -> Bool {
            index < bytes.count && bytes[index] == character.asciiValue
        }
        guard let year = number(0, 4), has("-", at: 4), let month = number(5, 2), has("-", at: 7),
            let day = number(8, 2), let days = Self.days(year: year, month: month, day: day)
        else { return nil }
        if bytes.count == 10 {
            self.init(microseconds: days * 86_400_000_000)
            return
        }
        guard has("T", at: 10), let hour = number(11, 2), hour < 24, has(":", at: 13), let minute = number(14, 2),
            minute < 60, has(":", at: 16), let second = number(17, 2), second < 60,
            let micros = Self.fraction(bytes[19...])
        else { return nil }
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second
        self.init(microseconds: seconds * 1_000_000 + micros)
    }

    /// `Z`, or `.` with one to six digits and `Z`; in microseconds.
    private static func fraction(_ rest: ArraySlice<UInt8>) -> Int? {
        guard rest.last == UInt8(ascii: "Z") else { return nil }
        let digits = rest.dropLast()
        if digits.isEmpty { return 0 }
        guard digits.first == UInt8(ascii: "."), (2...7).contains(digits.count),
            let value = number(digits.dropFirst())
        else { return nil }
        return (digits.count - 1..<6).reduce(value) { value, _ in value * 10 }
    }

    /// Decimal digits and nothing else; at most six of them come here.
    private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
        var value = 0
        for digit in digits {
            guard digit >= UInt8(ascii: "0"), digit <= UInt8(ascii: "9") else { return nil }
            value = value * 10 + Int(digit - UInt8(ascii: "0"))
        }
        return value
    }

    /// Days since 1970 in the proleptic Gregorian calendar; `nil` for a day that there is not. March is the first month
    /// here, so that the day that leap years add is the last one of a year.
    private static func days(year: Int, month: Int, day: Int) -> Int? {
        guard (1...12).contains(month) else { return nil }
        let isLeap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
        let lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
        guard (1...lengths[month - 1]).contains(day), year > 0 else { return nil }
        let shifted = month <= 2 ? year - 1 : year
        let dayOfYear = (153 * ((month + 9) % 12) + 2) / 5 + day - 1
        return 365 * shifted + shifted / 4 - shifted / 100 + shifted / 400 + dayOfYear - 719_468
    }
}
