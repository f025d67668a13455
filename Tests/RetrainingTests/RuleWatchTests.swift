import Journal
import Retraining
import Testing

@Suite struct RuleWatchTests {
    private static let minute = 60_000_000

    private func rule(_ trigger: RetrainingRule.Trigger) -> RetrainingRule {
        RetrainingRule(name: "r", trigger: trigger, action: .command(["train"], folder: nil))
    }

    private func sight(_ minutes: Int, seconds: Int = 0) -> RuleSight {
        let micros = minutes * Self.minute + seconds * 1_000_000
        return RuleSight(
            now: Timestamp(microseconds: micros), monotonic: UInt64(max(0, micros)) * 1000)
    }

    private func run(_ number: Int, _ state: RetrainingRun.State, ended: Int?, alert: Int? = nil) -> RetrainingRun {
        var run = RetrainingRun(
            number: number, space: "s", endpoint: "e", model: "m", modelSpace: "s", rule: rule(.manual),
            cause: RunCause(alert == nil ? .request : .alert, "", alert: alert), requestedBy: "a",
            requestedAt: Timestamp(microseconds: 0))
        run.state = state
        run.startedAt = Timestamp(microseconds: number)
        run.endedAt = ended.map { Timestamp(microseconds: $0 * Self.minute) }
        return run
    }

    @Test func `what a schedule missed is made up for once`() throws {
        var watch = RuleWatch(
            rule(.schedule(try CronSchedule("*/10 * * * *"))), memory: nil, now: Timestamp(microseconds: 0))
        #expect(watch.cause(sight(9), RuleHistory()) == nil)
        #expect(watch.cause(sight(10), RuleHistory())?.kind == .schedule)
        // Nobody began one: it stays.
        #expect(watch.cause(sight(11), RuleHistory())?.kind == .schedule)
        watch.begun(sight(11))
        #expect(watch.cause(sight(12), RuleHistory()) == nil)
        // The server was away for hours.
        var later = RuleWatch(watch.rule, memory: watch.memory, now: Timestamp(microseconds: 500 * Self.minute))
        #expect(later.cause(sight(500), RuleHistory())?.kind == .schedule)
        later.begun(sight(500))
        #expect(later.cause(sight(501), RuleHistory()) == nil)
        #expect(later.cause(sight(510), RuleHistory())?.kind == .schedule)
    }

    @Test func `a clock that is set back neither repeats a moment nor stops the schedule`() throws {
        var watch = RuleWatch(
            rule(.schedule(try CronSchedule("0 * * * *"))), memory: nil, now: Timestamp(microseconds: 0))
        _ = watch.cause(sight(600), RuleHistory())
        watch.begun(sight(600))
        #expect(watch.cause(sight(545), RuleHistory()) == nil)
        #expect(watch.cause(sight(600), RuleHistory()) == nil)
        #expect(watch.cause(sight(660), RuleHistory()) != nil)
        // It had been a year ahead.
        watch.begun(sight(525_600))
        #expect(watch.cause(sight(700), RuleHistory()) == nil)
        #expect(watch.cause(sight(720), RuleHistory()) != nil)
    }

    @Test func `in years of random looks no run is begun twice for a moment`() throws {
        var random = SeededRandom(seed: 5)
        for text in ["*/7 * * * *", "15 3 * * *", "0 0 1 * *"] {
            let schedule = try CronSchedule(text)
            var watch = RuleWatch(rule(.schedule(schedule)), memory: nil, now: Timestamp(microseconds: 0))
            var now = 0
            var last = Timestamp(microseconds: 0)
            for _ in 0..<2000 {
                now += Int.random(in: 1...3000, using: &random)
                let seen = sight(now)
                let isDue = schedule.next(after: last).map { $0 <= seen.now } ?? false
                #expect((watch.cause(seen, RuleHistory()) != nil) == isDue)
                if isDue {
                    watch.begun(seen)
                    last = seen.now
                }
            }
        }
    }

    @Test func `an alert causes one run, and another only where that failed`() {
        var watch = RuleWatch(rule(.alert("drift")), memory: nil, now: Timestamp(microseconds: 0))
        var sight = self.sight(1)
        sight.alerts = [
            FiringAlert(number: 4, rule: "latency", kind: "latency", since: sight.now, evidence: ""),
            FiringAlert(number: 5, rule: "watch-drift", kind: "drift", since: sight.now, evidence: "PSI 0.4"),
        ]
        let cause = watch.cause(sight, RuleHistory())
        #expect(cause?.alert == 5)
        #expect(cause?.sentence.contains("PSI 0.4") == true)
        let succeeded = RuleHistory(newestFirst: [run(1, .succeeded, ended: 1, alert: 5)])
        #expect(watch.cause(sight, succeeded) == nil)
        let open = RuleHistory(newestFirst: [run(1, .running, ended: nil, alert: 5)])
        #expect(watch.cause(sight, open) == nil)
        let failed = RuleHistory(newestFirst: [run(1, .failed, ended: 1, alert: 5)])
        #expect(watch.cause(sight, failed)?.alert == 5)
        sight.alerts = []
        #expect(watch.cause(sight, RuleHistory()) == nil)
    }

    @Test func `labelled rows count as far as the rule asks for them`() {
        var watch = RuleWatch(rule(.labelledRows(100)), memory: nil, now: Timestamp(microseconds: 0))
        var sight = self.sight(1)
        #expect(watch.cause(sight, RuleHistory()) == nil)
        sight.labelled = 99
        #expect(watch.cause(sight, RuleHistory()) == nil)
        sight.labelled = 100
        #expect(watch.cause(sight, RuleHistory())?.kind == .labelledRows)
    }

    @Test func `a folder causes a run once what came into it has settled`() {
        var watch = RuleWatch(rule(.folder("/data")), memory: nil, now: Timestamp(microseconds: 0))
        func look(_ second: Int, _ files: [String: Int]) -> RunCause? {
            var sight = self.sight(0, seconds: second)
            sight.listing = FolderListing(files: files.mapValues { FolderListing.Mark(size: $0, changed: $0) })
            return watch.cause(sight, RuleHistory())
        }
        // What is there from the start is known.
        #expect(look(0, ["a": 1]) == nil)
        #expect(look(10, ["a": 1]) == nil)
        // Something grows.
        #expect(look(11, ["a": 1, "b": 1]) == nil)
        #expect(look(14, ["a": 1, "b": 2]) == nil)
        #expect(look(18, ["a": 1, "b": 2]) == nil)
        #expect(look(19, ["a": 1, "b": 2])?.sentence.contains("b came into") == true)
        var sight = self.sight(0, seconds: 19)
        sight.listing = FolderListing(files: ["a": .init(size: 1, changed: 1), "b": .init(size: 2, changed: 2)])
        watch.begun(sight)
        #expect(look(30, ["a": 1, "b": 2]) == nil)
        // What goes is no news.
        #expect(look(31, ["b": 2]) == nil)
        #expect(look(40, ["b": 2]) == nil)
    }

    @Test func `another trigger under the same name begins anew`() {
        let old = RuleMemory(since: Timestamp(microseconds: 5), trigger: "something else")
        let watch = RuleWatch(rule(.labelledRows(1)), memory: old, now: Timestamp(microseconds: 9))
        #expect(watch.memory.since == Timestamp(microseconds: 9))
    }

    @Test func `a rule that is not enabled has no cause`() throws {
        var rule = rule(.schedule(try CronSchedule("* * * * *")))
        rule.enabled = false
        var watch = RuleWatch(rule, memory: nil, now: Timestamp(microseconds: 0))
        #expect(watch.cause(sight(10), RuleHistory()) == nil)
    }

    @Test func `cooling down doubles with each failure in a row`() {
        var rule = rule(.manual)
        rule.coolDownSeconds = 60
        func minutes(_ runs: [RetrainingRun]) -> Int? {
            RuleHistory(newestFirst: runs).coolUntil(rule).map { $0.microseconds / Self.minute }
        }
        #expect(minutes([]) == nil)
        #expect(minutes([run(1, .succeeded, ended: 10)]) == 11)
        #expect(minutes([run(2, .failed, ended: 20), run(1, .succeeded, ended: 10)]) == 22)
        #expect(minutes([run(3, .timedOut, ended: 30), run(2, .failed, ended: 20)]) == 34)
        #expect(minutes([run(4, .cancelled, ended: 40), run(3, .succeeded, ended: 30)]) == 41)
        let many = (1...60).reversed().map { run($0, .failed, ended: 100) }
        #expect(minutes(many) == 100 + 1440)
    }
}
