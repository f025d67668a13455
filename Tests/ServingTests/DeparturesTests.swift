import Testing

@testable import Serving

@Suite struct DeparturesTests {
    private typealias Resident = Departures.Resident<String>

    private func resident(
        _ id: String, bytes: Int = 10, lastUse: UInt64 = 0, isRunning: Bool = false,
        _ claim: Departures.Claim = .serving
    ) -> Resident {
        Resident(id: id, bytes: bytes, lastUse: lastUse, isRunning: isRunning, claim: claim)
    }

    @Test func `the least recently used leave, and no more of them than needed`() {
        let residents = [
            resident("new", lastUse: 30), resident("old", lastUse: 10), resident("older", lastUse: 5),
            resident("newest", lastUse: 40),
        ]
        #expect(Departures.freeing(1, residents) == ["older"])
        #expect(Departures.freeing(10, residents) == ["older"])
        #expect(Departures.freeing(11, residents) == ["older", "old"])
        #expect(Departures.freeing(40, residents) == ["older", "old", "new", "newest"])
    }

    @Test func `nobody leaves when nothing is short`() {
        #expect(Departures.freeing(0, [resident("a")]) == [])
        #expect(Departures.freeing(-5, [resident("a")]) == [])
    }

    @Test func `a superseded version leaves before any that serves, whenever it was used`() {
        let residents = [
            resident("serving", lastUse: 1), resident("before", lastUse: 99, .superseded(until: 1000)),
            resident("nobody's", lastUse: 98, .none),
        ]
        #expect(Departures.freeing(20, residents) == ["nobody's", "before"])
    }

    @Test func `a running model leaves only when nothing else would do`() {
        let residents = [
            resident("running", lastUse: 1, isRunning: true), resident("resting", lastUse: 50, .onDemand(idle: 7)),
        ]
        #expect(Departures.freeing(10, residents) == ["resting"])
        #expect(Departures.freeing(20, residents) == ["resting", "running"])
    }

    @Test func `what a deploy is about to use never leaves`() {
        #expect(Departures.freeing(10, [resident("next", .prepared)]) == nil)
        #expect(Departures.due([resident("next", .prepared)], now: .max) == [])
    }

    @Test func `what all of them together cannot free is not tried`() {
        #expect(Departures.freeing(21, [resident("a"), resident("b")]) == nil)
    }

    @Test func `who may do without is due after its idle time, unless it is running`() {
        let idle = resident("idle", lastUse: 100, .onDemand(idle: 50))
        #expect(Departures.due([idle], now: 149) == [])
        #expect(Departures.due([idle], now: 150) == ["idle"])
        // Used by another thread after this moment was taken.
        #expect(Departures.due([idle], now: 99) == [])
        #expect(Departures.due([resident("busy", lastUse: 0, isRunning: true, .onDemand(idle: 1))], now: 99) == [])
    }

    @Test func `the version before is due when its time is over, and nobody's at once`() {
        let residents = [resident("before", .superseded(until: 500)), resident("gone", .none), resident("serving")]
        #expect(Departures.due(residents, now: 499) == ["gone"])
        #expect(Departures.due(residents, now: 500) == ["before", "gone"])
    }

    @Test func `only what may become due needs looking after`() {
        #expect(!Departures.hasPerishable([resident("a"), resident("b", .prepared)]))
        #expect(Departures.hasPerishable([resident("a"), resident("b", .onDemand(idle: 1))]))
        #expect(Departures.hasPerishable([resident("a", .superseded(until: 1))]))
    }

    @Test func `a load that fails is tried again after one second, then two, then four, up to a minute`() {
        var backOff = LoadBackOff()
        #expect(backOff.mayTry(at: 0))
        var now: UInt64 = 1_000_000_000_000
        for seconds: UInt64 in [1, 2, 4, 8, 16, 32, 60, 60] {
            backOff.failed(at: now)
            #expect(!backOff.mayTry(at: now + seconds * 1_000_000_000 - 1))
            now += seconds * 1_000_000_000
            #expect(backOff.mayTry(at: now))
        }
        backOff.failed(at: .max - 1)
        #expect(!backOff.mayTry(at: .max - 1))
    }

    @Test func `the ledger counts a copy from before its load until its last holder is gone`() {
        let ledger = MemoryLedger(budget: 100)
        var share = ledger.reserve(60)
        #expect(share != nil)
        #expect(ledger.reserve(41) == nil)
        #expect(ledger.shortfall(for: 41) == 1)
        share?.correct(to: 80)
        #expect(ledger.used == 80)
        share?.depart()
        share?.depart()
        // It is still there, but nobody else must go for its sake.
        #expect(ledger.used == 80)
        #expect(ledger.shortfall(for: 100) == 0)
        share = nil
        #expect(ledger.used == 0)
        #expect(ledger.reserve(100) != nil)
    }
}
