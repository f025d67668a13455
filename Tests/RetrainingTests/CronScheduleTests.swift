import Journal
import Retraining
import Testing

@Suite struct CronScheduleTests {
    private func moment(_ text: String) throws -> Timestamp { try #require(Timestamp(text)) }

    @Test(arguments: [
        ("0 3 * * *", "2026-03-01T02:59:59Z", "2026-03-01T03:00:00Z"),
        ("0 3 * * *", "2026-03-01T03:00:00Z", "2026-03-02T03:00:00Z"),
        ("*/15 * * * *", "2026-03-01T23:46:00Z", "2026-03-02T00:00:00Z"),
        ("30 4 1,15 * *", "2026-01-02T00:00:00Z", "2026-01-15T04:30:00Z"),
        ("0 0 29 2 *", "2025-01-01T00:00:00Z", "2028-02-29T00:00:00Z"),
        ("0 0 29 2 *", "2096-03-01T00:00:00Z", "2104-02-29T00:00:00Z"),
        ("5 8 * * mon-fri", "2026-02-27T08:05:00Z", "2026-03-02T08:05:00Z"),
        ("0 12 * jan,JUL 7", "2026-02-01T00:00:00Z", "2026-07-05T12:00:00Z"),
        ("0 0 13 * fri", "2026-03-01T00:00:00Z", "2026-03-06T00:00:00Z"),
        ("10-20/5 6 * * *", "2026-03-01T06:11:00Z", "2026-03-01T06:15:00Z"),
        ("50/5 6 * * *", "2026-03-01T06:50:30Z", "2026-03-01T06:55:00Z"),
    ])
    func `the next moment is the one that cron would name`(_ schedule: String, _ after: String, _ next: String) throws {
        #expect(try CronSchedule(schedule).next(after: moment(after)) == moment(next))
    }

    @Test(arguments: [
        "", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * 32 * *", "* * * 13 *", "* * * * 8",
        "*/0 * * * *", "5-1 * * * *", "1,,2 * * * *", "a * * * *", "* * * * funday", "-1 * * * *", "*/ * * * *",
        "1-2-3 * * * *", "1/2/3 * * * *", "99999999999999999999 * * * *", "0 0 30 2 *", "0 0 31 4,6 *",
    ])
    func `what is no schedule is refused with a hint`(_ text: String) {
        let error = #expect(throws: ControlError.self) { try CronSchedule(text) }
        #expect(error?.code == .invalid)
        #expect(error?.hint?.isEmpty == false)
    }

    @Test func `between a moment and the next that is named no other is named`() throws {
        var random = SeededRandom(seed: 20_260_301)
        func field(_ range: ClosedRange<Int>) -> String {
            switch Int.random(in: 0..<5, using: &random) {
            case 0, 1: return "*"
            case 2: return String(Int.random(in: range, using: &random))
            case 3: return "*/\(Int.random(in: 1...range.upperBound, using: &random))"
            default:
                let (one, other) = (Int.random(in: range, using: &random), Int.random(in: range, using: &random))
                return "\(min(one, other))-\(max(one, other))"
            }
        }
        var tried = 0
        while tried < 150 {
            let text = [field(0...59), field(0...23), field(1...28), field(1...12), field(0...7)].joined(separator: " ")
            let schedule = try CronSchedule(text)
            let start = Timestamp(
                microseconds: Int.random(in: -1_000_000_000...4_000_000_000, using: &random) * 1_000_000)
            let next = try #require(schedule.next(after: start))
            #expect(next > start)
            #expect(schedule.matches(next), "\(text) names \(next)")
            tried += 1
            var minute = Timestamp.floorDivide(start.microseconds, by: 60_000_000).quotient + 1
            // A year of minutes is enough for most, and for one test.
            for _ in 0..<200_000 where minute * 60_000_000 < next.microseconds {
                #expect(!schedule.matches(Timestamp(microseconds: minute * 60_000_000)), "\(text) after \(start)")
                minute += 1
            }
        }
    }
}

/// SplitMix64.
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
