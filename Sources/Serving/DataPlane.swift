package import Logging
package import Runtimes
import Synchronization

/// What answers predictions: the endpoints of the snapshot that was installed last. It never touches the database.
package final class DataPlane: Sendable {
    /// How the data plane uses the machine.
    package struct Configuration: Sendable {
        /// Runs of one model at once, on threads of their own.
        package var width: Int
        /// Predictions that may wait for one model.
        package var queueLimit: Int

        package init(width: Int, queueLimit: Int = 1024) {
            self.width = width
            self.queueLimit = queueLimit
        }
    }

    private struct StatisticsKey: Hashable {
        var space: String
        var name: String
        var version: Int
    }

    private let table = Mutex(RoutingTable(generation: 0, endpoints: []))
    private let cache: ModelCache
    /// Models that deployments have prepared and no snapshot holds yet, once for each that asked.
    private let prepared = Mutex<[LoadedModel.Key: [LoadedModel]]>([:])
    private let statistics = Mutex<[StatisticsKey: EndpointStatistics]>([:])
    private let installed = Atomic<Bool>(false)
    private let logger: Logger

    package init(
        runtimes: [any ModelRuntime], artifacts: any ArtifactProvider, workers: WorkerHost = WorkerHost(),
        configuration: Configuration, logger: Logger
    ) {
        let pool = ThreadPool()
        self.cache = ModelCache(
            runtimes: runtimes, artifacts: artifacts, workers: workers, pool: pool, watch: DeadlineWatch(pool: pool),
            width: configuration.width, queueLimit: configuration.queueLimit)
        self.logger = logger
    }

    /// The endpoint `name` of `space`, ready or not; `nil` when there is none.
    package func endpoint(space: String, name: String) -> Endpoint? {
        current.endpoint(space: space, name: name)
    }

    /// All endpoints, by space and name.
    package var endpoints: [Endpoint] { current.endpoints }

    package var generation: Int { current.generation }

    /// Whether the first snapshot is installed.
    package var isReady: Bool { installed.load(ordering: .acquiring) }

    private var current: RoutingTable { table.withLock { $0 } }

    /// Loads and warms the version of `entry` beside whatever serves now, and keeps it until a snapshot takes it up or
    /// `discard` gives it back.
    package func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) {
        let model = try await cache.model(for: entry).get()
        prepared.withLock { $0[model.key, default: []].append(model) }
    }

    /// Gives back what `prepare` keeps for `entry`.
    package func discard(_ entry: EndpointEntry) {
        let key = LoadedModel.Key(entry)
        prepared.withLock { prepared in
            // Another deployment of the same bytes may still count on its own.
            _ = prepared[key]?.popLast()
            if prepared[key]?.isEmpty == true { prepared[key] = nil }
        }
    }

    /// An endpoint that failed to load is not tried again by every snapshot, only once `prepare` has succeeded.
    private func isPrepared(_ entry: EndpointEntry) -> Bool {
        prepared.withLock { $0[LoadedModel.Key(entry)] != nil }
    }

    /// Makes `snapshot` what answers from now on. Returns once it does; an older generation is ignored.
    ///
    /// An endpoint whose model cannot be loaded is there all the same, says why, and keeps nobody else from answering.
    package func install(_ snapshot: ServingSnapshot) async {
        guard snapshot.format == ServingSnapshot.currentFormat else {
            logger.error("snapshot of an unknown format refused", metadata: ["snapshot.format": "\(snapshot.format)"])
            return
        }
        guard snapshot.generation >= generation else { return }
        let before = current
        let endpoints = await withTaskGroup(of: Endpoint.self) { group in
            for entry in snapshot.endpoints {
                if let same = before.endpoint(space: entry.space, name: entry.name), same.entry == entry,
                    same.isReady || !isPrepared(entry)
                {
                    group.addTask { same }
                } else {
                    group.addTask { await self.makeEndpoint(entry) }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        let next = RoutingTable(generation: snapshot.generation, endpoints: endpoints)
        let isNewer = table.withLock { table in
            guard next.generation >= table.generation else { return false }
            table = next
            return true
        }
        if isNewer { forgetUnused(endpoints) }
        installed.store(true, ordering: .releasing)
    }

    private func makeEndpoint(_ entry: EndpointEntry) async -> Endpoint {
        let counters = statistics(for: entry)
        guard entry.isLoaded else {
            return Endpoint(entry: entry, state: .unloaded, model: nil, statistics: counters)
        }
        switch await cache.model(for: entry) {
        case .success(let model):
            return Endpoint(entry: entry, state: .ready, model: model, statistics: counters)
        case .failure(let error):
            logger.error(
                "endpoint cannot be loaded",
                metadata: [
                    "endpoint.space": "\(entry.space)", "endpoint.name": "\(entry.name)",
                    "model.version": "\(entry.model):\(entry.version)", "error.message": "\(error.message)",
                ])
            return Endpoint(entry: entry, state: .failed(error.message), model: nil, statistics: counters)
        }
    }

    private func statistics(for entry: EndpointEntry) -> EndpointStatistics {
        let key = StatisticsKey(space: entry.space, name: entry.name, version: entry.version)
        return statistics.withLock { known in
            if let counters = known[key] { return counters }
            let counters = EndpointStatistics()
            known[key] = counters
            return counters
        }
    }

    /// Lets go of prepared models that an endpoint now holds, and of counters of endpoints that are gone.
    private func forgetUnused(_ endpoints: [Endpoint]) {
        let used = Set(endpoints.compactMap { $0.model?.key })
        prepared.withLock { $0 = $0.filter { !used.contains($0.key) } }
        let names = Set(endpoints.map { [$0.entry.space, $0.entry.name] })
        statistics.withLock { $0 = $0.filter { names.contains([$0.key.space, $0.key.name]) } }
    }
}
