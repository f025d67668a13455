import Testing

@testable import Serving

/// The decider alone, by a clock that the test moves. Instances are letters, predictions numbers.
@Suite struct BatchPolicyTests {
    final class Ask: Sendable {
        let number: Int
        init(_ number: Int) { self.number = number }
    }

    private static let model = Ask(-1)
    private static let group = BatchGroup(ObjectIdentifier(model), [4, -1, 0])
    private static let otherGroup = BatchGroup(ObjectIdentifier(model), [5, -1, 0])

    /// A policy, and the words in which it answers.
    private struct Bench {
        var policy: BatchPolicy<Ask>
        var asks: [Int: Ask] = [:]

        init(instances: Int = 1, limit: Int = 100, maxRows: Int = 8, delay: UInt64 = 0) {
            policy = BatchPolicy(.init(instances: instances, queueLimit: limit, maxRows: maxRows, maxDelay: delay))
        }

        mutating func arrive(
            _ number: Int, rows: Int = 1, group: BatchGroup? = BatchPolicyTests.group, at now: UInt64 = 0
        ) -> String {
            let ask = Ask(number)
            asks[number] = ask
            return tell(.arrived(ask, group.map { BatchShare(rows: rows, group: $0) }), at: now)
        }

        mutating func leave(_ number: Int) { if let ask = asks[number] { _ = tell(.left(ask), at: 0) } }

        mutating func tell(_ event: BatchPolicy<Ask>.Event, at now: UInt64 = 0) -> String {
            switch policy.handle(event, now: now) {
            case .none: "none"
            case .refuse: "refuse"
            case .refuseAll(let asks): "refuse \(asks.map(\.number))"
            case .start: "start"
            case .release: "release"
            case .run(let asks, let startsAnother): "run \(asks.map(\.number))" + (startsAnother ? ", start" : "")
            case .hold(let until): "hold \(until)"
            case .rest: "rest"
            }
        }
    }

    @Test func `the first request of an idle endpoint runs at once and alone, whatever may be waited`() {
        var bench = Bench(instances: 2, delay: 1_000_000)
        for number in 1...50 {
            let now = UInt64(number) * 10
            #expect(bench.arrive(number, at: now) == "start")
            #expect(bench.tell(.started, at: now) == "run [\(number)]")
            #expect(bench.tell(.ended(1_000_000), at: now + 5) == "rest")
        }
    }

    @Test func `what comes while all instances are busy gathers, and runs together in the order it came`() {
        var bench = Bench()
        #expect(bench.arrive(1) == "start")
        #expect(bench.tell(.started) == "run [1]")
        for number in 2...4 { #expect(bench.arrive(number) == "none") }
        #expect(bench.tell(.ended(10)) == "run [2, 3, 4]")
        #expect(bench.tell(.ended(10)) == "rest")
    }

    @Test func `a run takes rows up to the limit and never reaches past one that does not fit`() {
        var bench = Bench()
        _ = bench.arrive(1)
        _ = bench.tell(.started)
        for (number, rows) in [(2, 3), (3, 4), (4, 2), (5, 1)] { _ = bench.arrive(number, rows: rows) }
        #expect(bench.tell(.ended(10)) == "run [2, 3]")
        #expect(bench.tell(.ended(10)) == "run [4, 5]")
    }

    @Test func `requests of another group, and those that run by themselves, keep their places`() {
        var bench = Bench()
        _ = bench.arrive(1)
        _ = bench.tell(.started)
        _ = bench.arrive(2)
        _ = bench.arrive(3, group: Self.otherGroup)
        _ = bench.arrive(4, group: nil)
        _ = bench.arrive(5)
        _ = bench.arrive(6, group: Self.otherGroup)
        #expect(bench.tell(.ended(10)) == "run [2, 5]")
        #expect(bench.tell(.ended(10)) == "run [3, 6]")
        #expect(bench.tell(.ended(10)) == "run [4]")
        #expect(bench.tell(.ended(10)) == "rest")
    }

    @Test func `without batching each runs by itself`() {
        var bench = Bench(maxRows: 1)
        _ = bench.arrive(1)
        _ = bench.tell(.started)
        _ = bench.arrive(2)
        _ = bench.arrive(3)
        #expect(bench.tell(.ended(10)) == "run [2]")
        #expect(bench.tell(.ended(10)) == "run [3]")
    }

    @Test func `an instance leaves the others their share of a long line`() {
        var bench = Bench(instances: 2, maxRows: 64)
        for number in 1...2 {
            #expect(bench.arrive(number) == "start")
            #expect(bench.tell(.started) == "run [\(number)]")
        }
        for number in 3...42 { #expect(bench.arrive(number) == "none") }
        #expect(bench.tell(.ended(10)) == "run \(Array(3...22))")
        #expect(bench.tell(.ended(10)) == "run \(Array(23...32))")
        #expect(bench.tell(.ended(10)) == "run \(Array(33...40))")
        #expect(bench.tell(.ended(10)) == "run [41, 42]")
    }

    @Test func `the line has a limit, and who leaves it makes room`() {
        var bench = Bench(limit: 2)
        _ = bench.arrive(1)
        _ = bench.tell(.started)
        #expect(bench.arrive(2) == "none")
        #expect(bench.arrive(3) == "none")
        #expect(bench.arrive(4) == "refuse")
        bench.leave(2)
        #expect(bench.policy.depth == 1)
        #expect(bench.arrive(5) == "none")
        #expect(bench.tell(.ended(10)) == "run [3, 5]")
    }

    @Test func `when there is no thread for the only instance, all who wait are refused`() {
        var bench = Bench()
        #expect(bench.arrive(1) == "start")
        #expect(bench.arrive(2) == "none")
        #expect(bench.tell(.notStarted) == "refuse [1, 2]")
        #expect(bench.arrive(3) == "start")
    }

    @Test func `a loop borrows the place of a free instance only, and what came meanwhile is started behind it`() {
        var bench = Bench()
        #expect(bench.tell(.borrowed) == "none")
        #expect(bench.tell(.borrowed) == "refuse")
        #expect(bench.arrive(1) == "none")
        #expect(bench.tell(.returned) == "start")
        #expect(bench.tell(.started) == "run [1]")
        #expect(bench.tell(.borrowed) == "refuse")
        #expect(bench.tell(.ended(10)) == "rest")
        #expect(bench.tell(.borrowed) == "none")
        #expect(bench.tell(.returned) == "none")
    }

    // MARK: - holding back

    /// Two instances; one runs for long, requests come every 100 ns, runs take 4,000.
    private func busy(delay: UInt64, maxRows: Int = 8) -> Bench {
        var bench = Bench(instances: 2, maxRows: maxRows, delay: delay)
        _ = bench.arrive(1, at: 0)
        _ = bench.tell(.started, at: 0)
        _ = bench.arrive(2, at: 100)
        _ = bench.tell(.started, at: 100)
        _ = bench.tell(.ended(4000), at: 100)
        return bench
    }

    @Test func `a batch is held back while another instance runs and the next request is about to come`() {
        var bench = busy(delay: 1000)
        #expect(bench.arrive(3, at: 200) == "start")
        #expect(bench.tell(.started, at: 210) == "hold 400")
        #expect(bench.arrive(4, at: 300) == "none")
        // The wait is over when requests stop coming: twice the usual gap after the last.
        #expect(bench.tell(.resumed, at: 400) == "hold 500")
        #expect(bench.tell(.resumed, at: 500) == "run [3, 4]")
    }

    @Test func `a full batch is let go at once`() {
        var bench = busy(delay: 10_000)
        _ = bench.arrive(3, rows: 4, at: 200)
        #expect(bench.tell(.started, at: 200) == "hold 400")
        #expect(bench.arrive(4, rows: 3, at: 250) == "none")
        #expect(bench.arrive(5, rows: 1, at: 260) == "release")
        #expect(bench.tell(.resumed, at: 261) == "run [3, 4, 5]")
    }

    @Test(arguments: [(delay: UInt64(1000), end: UInt64(1200)), (delay: 50_000, end: 2200)])
    func `nothing waits longer than the delay, nor longer than half a run`(delay: UInt64, end: UInt64) {
        var bench = busy(delay: delay, maxRows: 1000)
        _ = bench.arrive(3, at: 200)
        var now: UInt64 = 200
        var answer = bench.tell(.started, at: now)
        while answer.hasPrefix("hold"), now < 100_000 {
            now += 100
            _ = bench.arrive(Int(now), at: now)
            answer = bench.tell(.resumed, at: now)
        }
        #expect(answer.hasPrefix("run [3, 300, 400"))
        #expect(now <= end && now + 100 >= end)
    }

    @Test func `a request of another group does not wait for a batch that is not its own`() {
        var bench = busy(delay: 10_000)
        _ = bench.arrive(3, at: 200)
        #expect(bench.tell(.started, at: 200) == "hold 400")
        #expect(bench.arrive(4, group: Self.otherGroup, at: 210) == "release")
    }

    @Test func `once the endpoint has fallen idle, nothing is held back any longer`() {
        var bench = busy(delay: 1000)
        _ = bench.arrive(3, at: 200)
        #expect(bench.tell(.started, at: 200) == "hold 400")
        #expect(bench.tell(.ended(4000), at: 250) == "run [3]")
        #expect(bench.tell(.resumed, at: 400) == "rest")
    }

    @Test func `requests that come slowly are not waited for`() {
        var bench = Bench(instances: 2, delay: 1000)
        _ = bench.arrive(1, at: 0)
        _ = bench.tell(.started, at: 0)
        _ = bench.arrive(2, at: 5000)
        _ = bench.tell(.started, at: 5000)
        _ = bench.tell(.ended(10_000), at: 5000)
        #expect(bench.arrive(3, at: 10_000) == "start")
        #expect(bench.tell(.started, at: 10_000) == "run [3]")
    }

    @Test(arguments: [1, 2, 5], [1, 3]) func `it says that it is full exactly when it would refuse`(
        instances: Int, limit: Int
    ) {
        var bench = Bench(instances: instances, limit: limit, maxRows: 1)
        var generator = SystemRandomNumberGenerator()
        var (starting, running, number) = (0, 0, 0)
        var seen: Set<Bool> = []
        for _ in 0..<500 {
            switch Int.random(in: 0..<4, using: &generator) {
            case 0 where starting > 0:
                starting -= 1
                if bench.tell(.started).hasPrefix("run") { running += 1 }
            case 1 where running > 0:
                running -= 1
                if bench.tell(.ended(1000)).hasPrefix("run") { running += 1 }
            case 2: bench.leave(Int.random(in: 0...number, using: &generator))
            default:
                number += 1
                let isFull = bench.policy.isFull
                seen.insert(isFull)
                let answer = bench.arrive(number, group: nil)
                #expect((answer == "refuse") == isFull)
                if answer == "start" { starting += 1 }
            }
        }
        #expect(seen == [true, false])
    }
}
