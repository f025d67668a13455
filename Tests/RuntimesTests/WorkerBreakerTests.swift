import Testing

@testable import Runtimes

@Suite struct WorkerBreakerTests {
    private static let second: UInt64 = 1_000_000_000

    /// A worker that dies as soon as it is started, each time it may be.
    private func delays(_ breaker: inout WorkerBreaker, deaths: Int, from now: inout UInt64) -> [UInt64] {
        (0..<deaths).map { _ in
            breaker.started(at: now)
            let next = breaker.died(at: now)
            defer { now = next }
            breaker.triesAgain()
            return (next - now) / Self.second
        }
    }

    @Test func `three deaths in a row are forgiven, and then it waits twice as long each time`() {
        var breaker = WorkerBreaker()
        var now: UInt64 = 0
        #expect(delays(&breaker, deaths: 11, from: &now) == [0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60])
    }

    @Test func `a worker that lived for a minute begins a new row`() {
        var breaker = WorkerBreaker()
        var now: UInt64 = 5
        _ = delays(&breaker, deaths: 6, from: &now)
        breaker.started(at: now)
        now += 60 * Self.second
        #expect(breaker.died(at: now) == now)
        #expect(breaker.deaths == 1)
        #expect(breaker.state == .closed)
    }

    @Test func `one that lived a little less does not`() {
        var breaker = WorkerBreaker()
        var now: UInt64 = 0
        _ = delays(&breaker, deaths: 4, from: &now)
        breaker.started(at: now)
        now += 60 * Self.second - 1
        #expect(breaker.died(at: now) == now + 2 * Self.second)
    }

    @Test func `a start that fails counts like a death`() {
        var breaker = WorkerBreaker()
        for _ in 0..<3 { #expect(breaker.died(at: 7) == 7) }
        #expect(breaker.died(at: 7) == 7 + Self.second)
    }

    @Test func `it is open while it waits, half open when it tries again`() {
        var breaker = WorkerBreaker()
        for _ in 0..<4 { _ = breaker.died(at: 0) }
        #expect(breaker.state == .open(until: Self.second))
        breaker.triesAgain()
        #expect(breaker.state == .halfOpen)
        _ = breaker.died(at: Self.second)
        #expect(breaker.state == .open(until: 3 * Self.second))
    }

    @Test func `a clock at its end does not overflow`() {
        var breaker = WorkerBreaker()
        for _ in 0..<80 { #expect(breaker.died(at: .max) == .max) }
    }
}
