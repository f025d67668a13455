package import Journal

/// When to do something, as five fields in UTC: minute, hour, day of the month, month, day of the week (`0 3 * * *`).
///
/// As in cron, where both the day of the month and the day of the week are given, either will do.
package struct CronSchedule: Sendable, Hashable {
    /// As it was written.
    package let text: String
    private let minutes: UInt64
    private let hours: UInt64
    private let days: UInt64
    private let months: UInt64
    private let weekdays: UInt64
    private let restrictsDay: Bool
    private let restrictsWeekday: Bool

    /// Throws `invalid` for anything but five fields in their ranges, and for a moment that never comes.
    package init(_ text: String) throws(ControlError) {
        let fields = text.split(separator: " ")
        guard fields.count == 5 else {
            throw ControlError(
                .invalid, "'\(Name.excerpt(of: text))' is no schedule: it has \(fields.count) fields, not 5",
                field: "schedule", hint: "minute, hour, day, month, weekday in UTC: 0 3 * * * is each day at 03:00")
        }
        self.text = fields.joined(separator: " ")
        minutes = try CronField.minute.values(fields[0])
        hours = try CronField.hour.values(fields[1])
        days = try CronField.day.values(fields[2])
        months = try CronField.month.values(fields[3])
        let weekdays = try CronField.weekday.values(fields[4])
        self.weekdays = weekdays & (1 << 7) == 0 ? weekdays : weekdays | 1
        restrictsDay = !fields[2].hasPrefix("*")
        restrictsWeekday = !fields[4].hasPrefix("*")
        // Any moment will do to begin with: the calendar repeats.
        guard next(after: Timestamp(microseconds: 0)) != nil else {
            throw ControlError(
                .invalid, "the schedule '\(self.text)' names a day that there is not", field: "schedule",
                hint: "April has 30 days, February at most 29")
        }
    }

    /// Whether the schedule names the minute that begins at this moment.
    package func matches(_ moment: Timestamp) -> Bool {
        let (minute, rest) = Timestamp.floorDivide(moment.microseconds, by: Self.minute)
        let (day, minuteOfDay) = Timestamp.floorDivide(minute, by: 1440)
        return rest == 0 && matches(day: day) && Self.has(minuteOfDay / 60, in: hours)
            && Self.has(minuteOfDay % 60, in: minutes)
    }

    /// The first moment after this one that is named; `nil` where none comes within nine years, which is longer than from
    /// any leap day to the next.
    package func next(after moment: Timestamp) -> Timestamp? {
        let first = Timestamp.floorDivide(moment.microseconds, by: Self.minute).quotient + 1
        var (day, minuteOfDay) = Timestamp.floorDivide(first, by: 1440)
        for _ in 0..<9 * 366 {
            if matches(day: day), let found = minute(of: minuteOfDay) {
                return Timestamp(microseconds: (day * 1440 + found) * Self.minute)
            }
            day += 1
            minuteOfDay = 0
        }
        return nil
    }

    private static let minute = 60_000_000

    /// The first minute of a day, from this one on.
    private func minute(of start: Int) -> Int? {
        for hour in start / 60..<24 where Self.has(hour, in: hours) {
            for minute in (hour == start / 60 ? start % 60 : 0)..<60 where Self.has(minute, in: minutes) {
                return hour * 60 + minute
            }
        }
        return nil
    }

    /// - Parameter day: days since 1970-01-01, which was a Thursday.
    private func matches(day: Int) -> Bool {
        let date = Timestamp.civil(daysSinceEpoch: day)
        guard Self.has(date.month, in: months) else { return false }
        let isDay = Self.has(date.day, in: days)
        let isWeekday = Self.has(Timestamp.floorDivide(day + 4, by: 7).remainder, in: weekdays)
        return restrictsDay && restrictsWeekday ? isDay || isWeekday : isDay && isWeekday
    }

    private static func has(_ value: Int, in bits: UInt64) -> Bool { bits & (1 << UInt64(value)) != 0 }
}
