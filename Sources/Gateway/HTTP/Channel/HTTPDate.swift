/// The date of the `Date` header (RFC 9110 section 5.6.7), for example `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let days = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    /// - Parameter seconds: since 1970-01-01T00:00:00Z.
    static func text(seconds: Int) -> String {
        let seconds = max(0, seconds)
        let day = seconds / 86_400
        let time = seconds % 86_400
        // Years counted from 1 March, so that a leap day ends its year; eras of 400 years have 146,097 days.
        let shifted = day + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let marchMonth = (5 * dayOfYear + 2) / 153
        let month = marchMonth < 10 ? marchMonth + 2 : marchMonth - 10
        let year = yearOfEra + era * 400 + (month < 2 ? 1 : 0)
        return days[day % 7] + ", " + two(dayOfYear - (153 * marchMonth + 2) / 5 + 1) + " " + months[month] + " "
            + String(year) + " " + two(time / 3600) + ":" + two(time / 60 % 60) + ":" + two(time % 60) + " GMT"
    }

    private static func two(_ value: Int) -> String { value < 10 ? "0\(value)" : String(value) }
}
