import Journal
import Serving
import Synchronization
import Testing

@testable import Monitoring

@Suite struct SeriesSamplerTests {
    private static func version(
        _ statistics: EndpointStatistics, version: Int = 3, loads: LoadCounts = LoadCounts()
    ) -> SampledVersion {
        SampledVersion(
            space: "default", endpoint: "churn", arm: SeriesArm(version: version, revision: 7, variant: nil),
            statistics: statistics, loads: loads, queueDepth: 4, memoryBytes: 1000)
    }

    private static func answer(_ statistics: EndpointStatistics, _ count: Int) {
        for _ in 0..<count {
            statistics.recordSuccess(EndpointStatistics.Timing(rows: 1, queue: 1, decode: 1, compute: 1, encode: 1))
        }
    }

    @Test func `each look has what was counted since the last, and an idle version has none`() {
        var baselines = SeriesBaselines()
        let statistics = EndpointStatistics()
        Self.answer(statistics, 5)
        #expect(baselines.changes(in: [Self.version(statistics)]).map(\.counts.requests) == [5])
        #expect(baselines.changes(in: [Self.version(statistics)]).isEmpty)
        Self.answer(statistics, 2)
        let change = baselines.changes(in: [Self.version(statistics)])
        #expect(change.map(\.counts.requests) == [2])
        #expect(change.map(\.counts.queueDepth) == [4] && change.map(\.counts.memoryBytes) == [1000])
        #expect(baselines.changes(in: [Self.version(statistics)]).isEmpty)
        #expect(baselines.changes(in: [Self.version(statistics)]).isEmpty)
    }

    @Test func `what a version that is gone still counts is there, and one that comes back is not counted again`() {
        var baselines = SeriesBaselines()
        let (old, new) = (EndpointStatistics(), EndpointStatistics())
        Self.answer(old, 5)
        _ = baselines.changes(in: [Self.version(old)])
        Self.answer(old, 1)
        Self.answer(new, 3)
        let both = baselines.changes(in: [Self.version(new, version: 4)])
        #expect(both.map(\.place.arm.version).sorted() == [3, 4])
        #expect(both.reduce(0) { $0 + $1.counts.requests } == 4)
        for _ in 0..<200 { _ = baselines.changes(in: [Self.version(new, version: 4)]) }
        Self.answer(old, 2)
        #expect(baselines.changes(in: [Self.version(old)]).map(\.counts.requests) == [2])
    }

    @Test func `loads count by the place in memory that they were made at`() {
        var baselines = SeriesBaselines()
        let statistics = EndpointStatistics()
        func loads(_ place: UInt64, _ count: UInt64) -> UInt64 {
            var loads = LoadCounts()
            (loads.place, loads.loaded) = (place, count)
            return baselines.changes(in: [Self.version(statistics, loads: loads)]).reduce(0) { $0 + $1.counts[.loaded] }
        }
        #expect(loads(1, 1) == 1 && loads(1, 1) == 0 && loads(2, 1) == 1 && loads(2, 3) == 2 && loads(1, 1) == 0)
    }

    @Test func `a second is named once its end has come, and a clock that jumps makes nothing old`() {
        let clock = SetClock()
        let noon = SeriesWorkshop.noon
        clock.now = noon * 1_000_000
        var sampler = SeriesSampler(clock: clock)
        clock.now = noon * 1_000_000 + 1_020_000
        #expect(sampler.look(at: []).time == noon)
        clock.now += 3_600_000_000
        let ahead = sampler.look(at: [])
        #expect(ahead.time == noon + 3600)
        #expect(ahead.retentionTime <= noon + 60)
        clock.now -= 7_200_000_000
        let behind = sampler.look(at: [])
        #expect(behind.time == noon - 3600 && behind.retentionTime <= noon - 3599)
    }

    @Test func `an endpoint that is gone keeps its series until they are old, and then has none`() async throws {
        let workshop = SeriesWorkshop()
        let statistics = EndpointStatistics()
        let counted = CountedVersions(statistics, deployed: true)
        let store = workshop.store { counted.versions }
        var sampler = SeriesSampler(clock: workshop.clock)
        Self.answer(statistics, 5)
        store.look(&sampler)
        counted.isDeployed = false
        workshop.clock.now += 1_000_000
        Self.answer(statistics, 1)
        store.look(&sampler)
        let query = try SeriesQuery(from: nil, to: nil, step: 60, now: workshop.clock.now / 1_000_000)
        #expect(try await store.answer(query, space: "default", endpoint: "churn").total.requests == 6)
        // The next process, more than a year later.
        workshop.clock.now += 400 * 86_400 * 1_000_000
        let later = workshop.store { [] }
        var again = SeriesSampler(clock: workshop.clock)
        for _ in 0..<120 { later.look(&again) }
        #expect(workshop.files.isEmpty && later.book(space: "default", endpoint: "churn") == nil)
    }

    @Test func `the series of a space that is gone are gone, and what is counted afterwards makes none`() async throws {
        let workshop = SeriesWorkshop()
        let statistics = EndpointStatistics()
        let counted = CountedVersions(statistics, deployed: true)
        let store = workshop.store { counted.versions }
        var sampler = SeriesSampler(clock: workshop.clock)
        Self.answer(statistics, 5)
        store.look(&sampler)
        counted.isDeployed = false
        await store.remove(space: "default")
        Self.answer(statistics, 5)
        store.look(&sampler)
        #expect(workshop.files.isEmpty && store.book(space: "default", endpoint: "churn") == nil)
    }

    /// One version that is deployed or not.
    private final class CountedVersions: Sendable {
        private let statistics: EndpointStatistics
        private let deployed: Mutex<Bool>

        init(_ statistics: EndpointStatistics, deployed: Bool) {
            self.statistics = statistics
            self.deployed = Mutex(deployed)
        }

        var isDeployed: Bool {
            get { deployed.withLock { $0 } }
            set { deployed.withLock { $0 = newValue } }
        }

        var versions: [SampledVersion] { isDeployed ? [SeriesSamplerTests.version(statistics)] : [] }
    }
}
