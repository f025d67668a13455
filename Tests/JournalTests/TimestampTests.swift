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

struct TimestampParsingTests {
    @Test(
        arguments: [
            ("1970-01-01", 0), ("1970-01-01T00:00:00Z", 0), ("2000-02-29T12:00:00.5Z", 951_825_600_500_000),
            ("2026-03-01T09:30:00.000125Z", 1_772_357_400_000_125), ("1969-12-31T23:59:59.999999Z", -1),
            ("0001-01-01", -62_135_596_800_000_000),
        ])
    func `moments are read`(text: String, microseconds: Int) {
        #expect(Timestamp(text)?.microseconds == microseconds)
    }

    @Test(arguments: [0, 1, -1, 951_825_600_500_000, 1_772_357_400_000_125, 253_402_300_799_999_999])
    func `what was written is read as it was`(microseconds: Int) {
        let moment = Timestamp(microseconds: microseconds)
        #expect(Timestamp(moment.description) == moment)
    }

    @Test(arguments: [
        "", "yesterday", "2026", "2026-13-01", "2026-02-29", "2026-00-10", "2026-01-00", "2026-01-32", "2026-1-1",
        "2026-01-01T", "2026-01-01T00:00Z", "2026-01-01T24:00:00Z", "2026-01-01T00:60:00Z", "2026-01-01T00:00:60Z",
        "2026-01-01T00:00:00", "2026-01-01T00:00:00+01:00", "2026-01-01T00:00:00.Z", "2026-01-01T00:00:00.1234567Z",
        "2026-01-01T00:00:00,5Z", "2026-01-01T00:00:00.-5Z", "-026-01-01", "2026-01-01Z", "٢٠٢٦-01-01",
        "2026-01-01T00:00:00ZZ",
    ])
    func `anything else is no moment`(text: String) {
        #expect(Timestamp(text) == nil)
    }
}
