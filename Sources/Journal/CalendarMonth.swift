/// A month of the calendar in UTC.
package struct CalendarMonth: Sendable, Hashable, Codable, Comparable {
    /// Months since January of the year 0.
    package let index: Int

    package init(index: Int) {
        self.index = index
    }

    package init(of moment: Timestamp) {
        let date = Timestamp.civil(daysSinceEpoch: Timestamp.floorDivide(moment.microseconds, by: Self.day).quotient)
        index = date.year * 12 + date.month - 1
    }

    /// The first moment of the month after it.
    package var end: Timestamp {
        let (year, month) = Timestamp.floorDivide(index + 1, by: 12)
        return Timestamp(microseconds: Self.daysSinceEpoch(year: year, month: month + 1) * Self.day)
    }

    package static func < (left: CalendarMonth, right: CalendarMonth) -> Bool { left.index < right.index }

    /// Microseconds.
    private static let day = 86_400 * 1_000_000

    /// Of the first day of a month; the inverse of `Timestamp.civil`, counted in the same eras.
    private static func daysSinceEpoch(year: Int, month: Int) -> Int {
        let shifted = month <= 2 ? year - 1 : year
        let (era, yearOfEra) = Timestamp.floorDivide(shifted, by: 400)
        let marchMonth = (month + 9) % 12
        let dayOfYear = (153 * marchMonth + 2) / 5
        let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
        return era * 146_097 + dayOfEra - 719_468
    }
}
