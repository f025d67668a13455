import Journal
import Testing

@testable import Monitoring

@Suite struct SeriesQueryTests {
    private let now = SeriesWorkshop.noon + 1000

    @Test func `a window without more is the last hour, in minutes`() throws {
        let query = try SeriesQuery(from: nil, to: nil, step: nil, now: now)
        #expect(query.step == 60 && query.level == .minutes)
        #expect(query.to >= now && query.to - now < 60 && query.from <= now - 3600 && now - 3600 - query.from < 60)
        #expect(SeriesAnswer(query).points.count == 61)
    }

    @Test(arguments: [
        (60, 1, SeriesLevel.seconds), (600, 10, .seconds), (7200, 120, .minutes), (86_400, 1440, .minutes),
        (7 * 86_400, 10_800, .hours), (366 * 86_400, 529_200, .hours),
    ])
    func `steps are chosen by the length and the age of a window`(length: Int, step: Int, level: SeriesLevel) throws {
        let query = try SeriesQuery(from: now - length, to: nil, step: nil, now: now)
        #expect(query.step == step && query.level == level)
    }

    @Test func `what cannot be answered is refused and says what can`() {
        func refusal(_ from: Int?, _ to: Int?, _ step: Int?) -> ControlError? {
            do throws(ControlError) {
                _ = try SeriesQuery(from: from, to: to, step: step, now: now)
                return nil
            } catch {
                return error
            }
        }
        #expect(refusal(now, now, nil)?.field == "from")
        #expect(refusal(now, now - 5, 60)?.field == "from")
        #expect(refusal(nil, nil, 0)?.field == "step")
        #expect(refusal(nil, nil, .max)?.field == "step")
        #expect(refusal(now - 86_400, nil, 1)?.message.contains("86400 points") == true)
        #expect(refusal(now - 86_400, now - 86_000, 1)?.hint?.contains("60 seconds") == true)
        #expect(refusal(now - 30 * 86_400, nil, 900)?.hint?.contains("3600 seconds") == true)
        #expect(refusal(-60_000_000_000, 250_000_000_000, nil) == nil)
        #expect(refusal(nil, -1000, nil) == nil)
    }
}
