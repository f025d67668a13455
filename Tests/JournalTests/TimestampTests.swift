import Foundation
import Testing

@testable import Journal

struct TimestampTests {
    @Test(arguments: [
        (0, "1970-01-01T00:00:00.000000Z"),
        (-1, "1969-12-31T23:59:59.999999Z"),
        (951_782_400_000_001, "2000-02-29T00:00:00.000001Z"),
        (4_107_542_399_999_999, "2100-02-28T23:59:59.999999Z"),
        (4_107_542_400_000_000, "2100-03-01T00:00:00.000000Z"),
    ])
    func `a moment is written as RFC 3339 in UTC`(microseconds: Int, text: String) {
        #expect(Timestamp(microseconds: microseconds).description == text)
    }

    @Test func `every day of four centuries agrees with Foundation`() {
        let format = Date.ISO8601FormatStyle(timeZone: .gmt)
        for day in stride(from: -60_000, through: 90_000, by: 1) {
            let seconds = day * 86_400 + 45_296
            let expected = Date(timeIntervalSince1970: Double(seconds)).formatted(format)
            let ours = Timestamp(microseconds: seconds * 1_000_000).description
            guard ours == expected.dropLast() + ".000000Z" else {
                Issue.record("day \(day): \(ours), Foundation says \(expected)")
                return
            }
        }
    }

    @Test func `the system clock is within its own two readings`() {
        let before = Int(Date().timeIntervalSince1970 * 1000) - 1
        let now = SystemClock().now / 1000
        let after = Int(Date().timeIntervalSince1970 * 1000) + 1
        #expect((before...after).contains(now))
    }
}
