import Alerts
import Journal
import Monitoring
import Serving
import Synchronization

/// What alert rules look at: the service figures of the last hour and day, fed by the sampler of the time series once a
/// second; drift and quality as their rooms have them.
final class LiveReadings: EndpointReadings {
    typealias Drift = @Sendable (_ space: String, _ endpoint: String) async -> Alerts.DriftReading?
    typealias Quality = @Sendable (_ space: String, _ endpoint: String) async -> [QualityReading]?

    private struct Watched {
        var history: ServiceHistory
        var isSeeded = false
        /// What the ledger had counted at the last look.
        var ledger = ObserverCounts()
    }

    private struct State {
        var watched: [AlertPlace: Watched] = [:]
        var drift: Drift = { _, _ in nil }
        var quality: Quality = { _, _ in nil }
    }

    private let dataPlane: DataPlane
    private let series: SeriesStore
    /// The second at which the server began, by the clock that only grows, and by the wall's.
    private let begun = LiveReadings.second
    private let begunAt: Int
    private let state = Mutex(State())

    init(dataPlane: DataPlane, series: SeriesStore) {
        self.dataPlane = dataPlane
        self.series = series
        begunAt = series.now
    }

    /// What the rooms that watch drift and quality say from now on.
    func connect(drift: @escaping Drift) { state.withLock { $0.drift = drift } }
    func connect(quality: @escaping Quality) { state.withLock { $0.quality = quality } }

    private static var second: Int { Int(clamping: MonotonicClock.nanoseconds() / 1_000_000_000) }

    /// Takes in what one second has counted.
    func take(_ seconds: [SeriesSecond]) {
        let now = Self.second
        let endpoints = dataPlane.endpoints
        state.withLock { state in
            for counted in seconds {
                let place = AlertPlace(space: counted.space, endpoint: counted.endpoint)
                state.watched[place, default: Watched(history: ServiceHistory(begun: begun))].history
                    .add(ServiceCounts(counted.counts), at: now)
            }
            for endpoint in endpoints where endpoint.entry.options.ledger != nil {
                guard let counts = endpoint.observer?.counts else { continue }
                let place = AlertPlace(space: endpoint.entry.space, endpoint: endpoint.entry.name)
                var watched = state.watched[place] ?? Watched(history: ServiceHistory(begun: begun))
                let change = counts.since(watched.ledger)
                watched.ledger = counts
                if change.recorded > 0 || change.dropped > 0 { watched.history.add(change, at: now) }
                state.watched[place] = watched
            }
            // Of what is not deployed any more the last day is nobody's.
            let present = Set(endpoints.map { AlertPlace(space: $0.entry.space, endpoint: $0.entry.name) })
            if state.watched.count > present.count { state.watched = state.watched.filter { present.contains($0.key) } }
        }
    }

    func reading(space: String, endpoint: String) async -> EndpointReading {
        let place = AlertPlace(space: space, endpoint: endpoint)
        if state.withLock({ $0.watched[place]?.isSeeded != true }) { await seed(place) }
        let (history, drift, quality) = state.withLock { ($0.watched[place]?.history, $0.drift, $0.quality) }
        let live = dataPlane.endpoint(space: space, name: endpoint)
        return EndpointReading(
            service: history, drift: await drift(space, endpoint), quality: await quality(space, endpoint),
            hasLedger: live?.entry.options.ledger != nil, version: live?.entry.version)
    }

    /// What was counted before the server started, by the time of day: of that no other clock knows.
    private func seed(_ place: AlertPlace) async {
        var old: [(second: Int, counts: ServiceCounts, intoHours: Bool)] = []
        for (step, length) in [(3600, 24 * 3600), (60, 3600)] {
            guard let query = try? SeriesQuery(from: begunAt - length, to: begunAt, step: step, now: begunAt),
                let answer = try? await series.answer(query, space: place.space, endpoint: place.endpoint)
            else { continue }
            for (index, counts) in answer.points.enumerated() {
                let end = answer.query.from + (index + 1) * step
                // The step that the start lies in has seconds of both lives.
                guard let counts, end <= begunAt else { continue }
                let second = begun - (begunAt - end) - step / 2
                old.append((second, ServiceCounts(counts), step == 3600))
            }
        }
        state.withLock { state in
            var watched = state.watched[place] ?? Watched(history: ServiceHistory(begun: begun))
            guard !watched.isSeeded else { return }
            watched.isSeeded = true
            for entry in old { watched.history.seed(entry.counts, at: entry.second, intoHours: entry.intoHours) }
            state.watched[place] = watched
        }
    }
}

extension ServiceCounts {
    fileprivate init(_ counts: SeriesCounts) {
        self.init(
            requests: counts.requests, errors: counts.errors,
            latency: counts[.successes] == 0 ? [] : counts.histogram(.whole))
    }
}

extension ObserverCounts {
    /// What came since; counters of a version that took over begin anew.
    fileprivate func since(_ earlier: ObserverCounts) -> ServiceCounts {
        func change(_ now: UInt64, _ before: UInt64) -> UInt64 { now >= before ? now - before : now }
        return ServiceCounts(
            recorded: change(recorded, earlier.recorded),
            dropped: change(droppedQueue, earlier.droppedQueue) &+ change(droppedDisk, earlier.droppedDisk))
    }
}
