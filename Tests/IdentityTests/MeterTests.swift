import Journal
import Synchronization
import Testing

@testable import Identity

/// Time that the test tells, and a ledger in memory.
private final class Bench: WallClock, UsageLedger, Sendable {
    private struct State {
        var now: Int
        var cells: [String: UsageCount] = [:]
    }

    private let state = Mutex(State(now: 1_772_323_199_000_000))  // 2026-02-28T23:59:59Z
    let isFull: Bool

    init(isFull: Bool = false) {
        self.isFull = isFull
    }

    var now: Int { state.withLock { $0.now } }

    func pass(microseconds: Int) { state.withLock { $0.now += microseconds } }

    func cell(of lineage: String) -> (any UsageCell)? { isFull ? nil : Cell(bench: self, lineage: lineage) }

    final class Cell: UsageCell {
        private let bench: Bench
        private let lineage: String

        init(bench: Bench, lineage: String) {
            self.bench = bench
            self.lineage = lineage
        }

        func read() -> UsageCount {
            bench.state.withLock { $0.cells[lineage] } ?? UsageCount(month: CalendarMonth(index: 0))
        }

        func write(_ count: UsageCount) { bench.state.withLock { $0.cells[lineage] = count } }
    }
}

@Suite struct MeterTests {
    private static let second: UInt64 = 1_000_000_000

    private func makeMeter(_ limits: KeyLimits, _ bench: Bench, lineage: String = "k") -> KeyMeter? {
        let key = APIKey(
            id: lineage, lineage: lineage, name: "", principal: "alice", scope: KeyScope(), limits: limits,
            createdAt: Timestamp(microseconds: 0), createdBy: "alice", expiresAt: nil)
        return KeyMeters(ledger: bench, clock: bench).meter(of: key)
    }

    private func taken(_ meter: KeyMeter, _ count: Int, at now: UInt64) -> Int {
        (0..<count).count { _ in (try? meter.take(rows: 1, now: now)) != nil }
    }

    @Test func `a second's requests may come at once, and no more than those`() throws {
        let meter = try #require(makeMeter(KeyLimits(requestsPerSecond: 10), Bench()))
        let start = 100 * Self.second
        #expect(taken(meter, 50, at: start) == 10)
        #expect(taken(meter, 50, at: start + Self.second / 10) == 1)
        #expect(taken(meter, 50, at: start + 10 * Self.second) == 10)
    }

    @Test(arguments: [1, 3, 7, 1000, 1_000_000_000])
    func `over a long time as many come through as are allowed`(perSecond: Int) throws {
        let meter = try #require(makeMeter(KeyLimits(requestsPerSecond: perSecond), Bench()))
        let rate = min(perSecond, 200)
        var count = 0
        for step in 0..<(rate * 5) {
            count += taken(meter, 2, at: 100 * Self.second + UInt64(step) * Self.second / UInt64(rate))
        }
        #expect(count <= (perSecond < 200 ? perSecond * 6 : 2000) + 1)
        #expect(count >= rate * 5 - 1)
    }

    @Test func `a refusal says how long to wait, and waiting so long is enough`() throws {
        let meter = try #require(makeMeter(KeyLimits(requestsPerSecond: 2), Bench()))
        #expect(taken(meter, 2, at: Self.second) == 2)
        do throws(QuotaRefusal) {
            _ = try meter.take(rows: 1, now: Self.second)
            Issue.record("not refused")
        } catch {
            #expect(error.retryAfterSeconds == 1)
            #expect(error.state?.remaining == 0)
            #expect(error.state?.limit == .requestsPerSecond)
        }
        #expect(taken(meter, 1, at: 2 * Self.second) == 1)
    }

    @Test func `a large request goes through, and those behind it wait for its rows`() throws {
        let meter = try #require(makeMeter(KeyLimits(rowsPerSecond: 100), Bench()))
        _ = try meter.take(rows: 1000, now: Self.second)
        #expect(throws: QuotaRefusal.self) { try meter.take(rows: 1, now: 5 * Self.second) }
        #expect(throws: QuotaRefusal.self) { try meter.checkBeginning(now: 5 * Self.second) }
        _ = try meter.take(rows: 1, now: 11 * Self.second)
    }

    @Test func `no number of rows overflows`() throws {
        let meter = try #require(makeMeter(KeyLimits(rowsPerSecond: 1, rowsPerMonth: 1 << 53), Bench()))
        #expect(throws: QuotaRefusal.self) { try meter.take(rows: .max, now: .max - 1) }
        let second = try #require(makeMeter(KeyLimits(rowsPerSecond: 1), Bench()))
        _ = try second.take(rows: .max, now: 1)
        _ = try second.take(rows: -5, now: 7200 * Self.second)
    }

    @Test func `a month's requests are counted exactly, through the next process too`() throws {
        let bench = Bench()
        let limits = KeyLimits(requestsPerMonth: 5)
        let first = try #require(makeMeter(limits, bench))
        #expect(taken(first, 3, at: 0) == 3)
        let second = try #require(makeMeter(limits, bench))
        #expect(second.usage.requests == 3)
        #expect(taken(second, 9, at: 0) == 2)
        do throws(QuotaRefusal) {
            _ = try second.take(rows: 1, now: 0)
            Issue.record("not refused")
        } catch {
            #expect(error.state == QuotaState(limit: .requestsPerMonth, most: 5, remaining: 0, resetSeconds: 1))
            #expect(error.retryAfterSeconds == 1)
        }
        bench.pass(microseconds: 1_000_000)
        #expect(second.usage == UsageCount(month: CalendarMonth(index: 2026 * 12 + 2)))
        #expect(taken(second, 9, at: 0) == 5)
    }

    @Test func `rows that a month has no room for are not taken`() throws {
        let meter = try #require(makeMeter(KeyLimits(rowsPerMonth: 10), Bench()))
        _ = try meter.take(rows: 8, now: 0)
        #expect(throws: QuotaRefusal.self) { try meter.take(rows: 3, now: 0) }
        _ = try meter.take(rows: 2, now: 0)
        #expect(throws: QuotaRefusal.self) { _ = try meter.take(rows: 1, now: 0) }
        #expect(throws: QuotaRefusal.self) { try meter.checkBeginning(now: 0) }
        #expect(meter.usage.rows == 10)
    }

    @Test func `what is refused by one limit does not count for another`() throws {
        let meter = try #require(makeMeter(KeyLimits(requestsPerSecond: 1, requestsPerMonth: 100), Bench()))
        #expect(taken(meter, 50, at: Self.second) == 1)
        #expect(meter.usage.requests == 1)
    }

    @Test func `without a place to remember it, a month's limit lets nothing through`() throws {
        let meter = try #require(makeMeter(KeyLimits(requestsPerMonth: 5), Bench(isFull: true)))
        #expect(throws: QuotaRefusal.self) { _ = try meter.take(rows: 1, now: 0) }
        #expect(throws: QuotaRefusal.self) { try meter.checkBeginning(now: 0) }
    }

    @Test func `threads together take no more than there is`() async throws {
        let meter = try #require(makeMeter(KeyLimits(requestsPerMonth: 1000), Bench()))
        let counts = await withTaskGroup(of: Int.self) { group in
            for _ in 0..<8 { group.addTask { self.taken(meter, 300, at: 0) } }
            return await group.reduce(0, +)
        }
        #expect(counts == 1000)
    }

    @Test func `a beginning is refused exactly when a request would be`() throws {
        let limits = KeyLimits(requestsPerSecond: 5, rowsPerSecond: 20, requestsPerMonth: 400, rowsPerMonth: 1500)
        let bench = Bench()
        let meter = try #require(makeMeter(limits, bench))
        var now = 100 * Self.second
        var outcomes: Set<Bool> = []
        for _ in 0..<3000 {
            let step = Int.random(in: 0...300_000)
            now += UInt64(step) * 1000
            bench.pass(microseconds: step)
            let mayBegin = (try? meter.checkBeginning(now: now)) != nil
            let isTaken = (try? meter.take(rows: 0, now: now)) != nil
            #expect(mayBegin == isTaken)
            _ = try? meter.take(rows: Int.random(in: 0...9), now: now)
            outcomes.insert(isTaken)
        }
        #expect(outcomes.count == 2)
        bench.pass(microseconds: 40 * 86_400_000_000)
        try meter.checkBeginning(now: now + 40 * 86_400 * Self.second)
    }

    @Test func `what was used up before the process began is still used up`() throws {
        let bench = Bench()
        let limits = KeyLimits(requestsPerMonth: 3)
        #expect(taken(try #require(makeMeter(limits, bench)), 9, at: 0) == 3)
        let next = try #require(makeMeter(limits, bench))
        #expect(throws: QuotaRefusal.self) { try next.checkBeginning(now: 0) }
        bench.pass(microseconds: 40 * 86_400_000_000)
        try next.checkBeginning(now: 40 * 86_400 * Self.second)
    }

    @Test func `a request that fails is counted, and no more of them than there are`() throws {
        let meter = try #require(makeMeter(KeyLimits(requestsPerMonth: 2), Bench()))
        #expect(meter.takeFailed(now: 0)?.remaining == 1)
        #expect(meter.takeFailed(now: 0)?.remaining == 0)
        #expect(meter.takeFailed(now: 0)?.remaining == 0)
        #expect(meter.usage.requests == 2)
    }

    @Test func `a key without limits has no meter`() {
        #expect(makeMeter(KeyLimits(), Bench()) == nil)
    }

    @Test(arguments: [
        (0, 1970 * 12, "1970-02-01T00:00:00.000000Z"),
        (1_772_323_199_999_999, 2026 * 12 + 1, "2026-03-01T00:00:00.000000Z"),
        (1_772_323_200_000_000, 2026 * 12 + 2, "2026-04-01T00:00:00.000000Z"),
        (1_709_164_800_000_000, 2024 * 12 + 1, "2024-03-01T00:00:00.000000Z"),
        (1_798_761_599_999_999, 2026 * 12 + 11, "2027-01-01T00:00:00.000000Z"),
        (-1, 1969 * 12 + 11, "1970-01-01T00:00:00.000000Z"),
    ])
    func `months of the calendar`(microseconds: Int, index: Int, end: String) {
        let month = CalendarMonth(of: Timestamp(microseconds: microseconds))
        #expect(month.index == index)
        #expect(month.end.description == end)
    }
}
