package import Logging
package import Runtimes
import Synchronization

/// What answers predictions: the endpoints of the snapshot that was installed last. It never touches the database.
package final class DataPlane: Sendable {
    /// How the data plane uses the machine.
    package struct Configuration: Sendable {
        package static let defaultKeepSupersededSeconds = 300

        /// Runs of one endpoint at once, on threads of their own, where its deployment says nothing.
        package var width: Int
        /// Predictions that may wait for one endpoint, where its deployment says nothing.
        package var queueLimit: Int
        /// Bytes that all models together may take; `nil` for as much as the process may have.
        package var memoryBudgetBytes: Int?
        /// How long an endpoint's version before the current one stays in memory.
        package var keepSupersededSeconds: Int

        package init(
            width: Int, queueLimit: Int = 1024, memoryBudgetBytes: Int? = nil,
            keepSupersededSeconds: Int = defaultKeepSupersededSeconds
        ) {
            self.width = width
            self.queueLimit = queueLimit
            self.memoryBudgetBytes = memoryBudgetBytes
            self.keepSupersededSeconds = keepSupersededSeconds
        }
    }

    private let table = Mutex(RoutingTable(generation: 0, endpoints: []))
    private let residency: Residency
    let artifacts: any ArtifactProvider
    let resources: ComputeResources
    let trials: any TrialHost
    /// Loads what is only to be tried.
    let trialThreads = ThreadPool(priority: .background)
    private let statistics = StatisticsTable()
    private let observers: (any PredictionObserverSource)?
    /// Shadow candidates run here: on what nobody else wants of the processors.
    private let shadowThreads = ThreadPool(priority: .idle)
    private let installed = Atomic<Bool>(false)
    private let installs = Atomic<Int>(0)
    private let logger: Logger
    private let failures: FailureLog

    /// - Parameters:
    ///   - trials: where models are tried before they serve; workers unless said otherwise.
    ///   - observers: who is told of predictions.
    package init(
        runtimes: [any ModelRuntime], artifacts: any ArtifactProvider, workers: WorkerHost = WorkerHost(),
        trials: (any TrialHost)? = nil, observers: (any PredictionObserverSource)? = nil,
        configuration: Configuration, logger: Logger
    ) {
        let pool = ThreadPool()
        self.artifacts = artifacts
        self.observers = observers
        self.trials = trials ?? workers
        self.resources = ComputeResources(
            pool: pool, watch: DeadlineWatch(pool: pool), instances: configuration.width,
            queueLimit: configuration.queueLimit)
        self.residency = Residency(
            loader: ModelLoader(
                runtimes: runtimes, artifacts: artifacts, workers: workers, pool: pool,
                width: configuration.width),
            pool: pool, budget: configuration.memoryBudgetBytes,
            keepSuperseded: UInt64(max(0, configuration.keepSupersededSeconds)) &* 1_000_000_000, logger: logger)
        self.logger = logger
        failures = FailureLog(logger: logger)
    }

    /// The endpoint `name` of `space`, ready or not; `nil` when there is none.
    package func endpoint(space: String, name: String) -> Endpoint? {
        current.endpoint(space: space, name: name)
    }

    /// Another number whenever what `endpoint` gives may be another: who keeps an endpoint asks this first. Cheap.
    package var edition: Int { installs.load(ordering: .acquiring) }

    /// All endpoints, by space and name.
    package var endpoints: [Endpoint] { current.endpoints }

    package var generation: Int { current.generation }

    /// Whether the first snapshot is installed.
    package var isReady: Bool { installed.load(ordering: .acquiring) }

    private var current: RoutingTable { table.withLock { $0 } }

    /// Loads and warms the version of `entry` beside whatever serves now, and keeps it until `discard` gives it back, also
    /// while a snapshot serves it.
    ///
    /// Where its requests are to share runs, that is tried first.
    package func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) {
        let model = try await residency.prepare(entry)
        do throws(ModelLoadError) {
            try await checkBatching(entry, model)
        } catch {
            residency.discard(entry)
            throw error
        }
    }

    /// Gives back what `prepare` keeps for `entry`: once for each time that it was called, when the snapshot that may serve
    /// it is installed or never will be. What is served then stays for that reason.
    package func discard(_ entry: EndpointEntry) { residency.discard(entry) }

    /// Lets go of the models that nobody has asked for in too long at `now`, in nanoseconds of `MonotonicClock`. Happens
    /// by itself once a second.
    package func unloadIdle(at now: UInt64) { residency.sweep(now: now) }

    /// Bytes that loaded models are estimated to take.
    package var modelBytes: Int { residency.ledger.used }

    /// Bytes that they may take together; `nil` for no bound of ours.
    package var memoryBudgetBytes: Int? { residency.ledger.budget }

    /// Makes `snapshot` what answers from now on. Returns once it does; an older generation is ignored.
    ///
    /// An endpoint whose model cannot be loaded is there all the same, says why, and keeps nobody else from answering. One
    /// that may do without its model, or finds no memory for it, has it loaded by its first request. Before the first
    /// snapshot nothing answers, so its endpoints are there at once, and requests wait for their models; all but those
    /// with an open rollout, where such waiting would count against a version.
    package func install(_ snapshot: ServingSnapshot) async {
        guard snapshot.format == ServingSnapshot.currentFormat else {
            logger.error("snapshot of an unknown format refused", metadata: ["snapshot.format": "\(snapshot.format)"])
            return
        }
        guard snapshot.generation >= generation else { return }
        let before = current
        var endpoints: [Endpoint] = []
        var made: [Endpoint] = []
        var new: [Endpoint] = []
        for entry in snapshot.endpoints {
            // One that is as it was stays, even if it failed to load: not every snapshot tries again.
            let old = before.endpoint(space: entry.space, name: entry.name)
            if let old, old.entry == entry {
                endpoints.append(old)
            } else {
                made.append(makeEndpoint(entry, old, &new))
            }
        }
        endpoints += made
        let next = RoutingTable(generation: snapshot.generation, endpoints: endpoints)
        var held = new
        if !isReady { serveEarly(next, before, &held) }
        await load(new)
        if take(next) {
            residency.settle(before: before, now: endpoints)
            statistics.forget(allBut: endpoints)
        }
        // They are served from now on, or never.
        residency.giveBack(held.compactMap(\.place))
        installed.store(true, ordering: .releasing)
    }

    /// Before the first snapshot: has those answer that wait for nobody else, and takes them out of `held`.
    private func serveEarly(_ next: RoutingTable, _ before: RoutingTable, _ held: inout [Endpoint]) {
        let early = next.endpoints.filter { $0.traffic == nil }
        guard take(RoutingTable(generation: next.generation, endpoints: early)) else { return }
        residency.settle(before: before, now: early)
        // They are served from now on: who has waited longest may leave for who is asked for.
        let served = Set(early.map { ObjectIdentifier($0) })
        residency.giveBack(held.filter { served.contains(ObjectIdentifier($0)) }.compactMap(\.place))
        held.removeAll { served.contains(ObjectIdentifier($0)) }
    }

    /// False when a newer table is there.
    private func take(_ next: RoutingTable) -> Bool {
        table.withLock { table in
            guard next.generation >= table.generation else { return false }
            table = next
            installs.wrappingAdd(1, ordering: .releasing)
            return true
        }
    }

    private func load(_ endpoints: [Endpoint]) async {
        await withTaskGroup(of: Void.self) { group in
            for endpoint in endpoints where endpoint.entry.options.minInstances > 0 {
                guard let place = endpoint.place else { continue }
                group.addTask { _ = await self.residency.loadIfRoom(place) }
            }
        }
    }

    /// - Parameters:
    ///   - old: what `entry` takes the place of.
    ///   - new: also gets what is made, is held, and has yet to be loaded.
    private func makeEndpoint(_ entry: EndpointEntry, _ old: Endpoint?, _ new: inout [Endpoint]) -> Endpoint {
        guard let plan = entry.traffic else { return makeEndpoint(entry, traffic: nil, &new) }
        if let why = plan.contradiction {
            logger.error(
                "requests are not shared among versions",
                metadata: [
                    "endpoint.space": "\(entry.space)", "endpoint.name": "\(entry.name)", "rollout": "\(plan.rollout)",
                    "error.message": "\(why)",
                ])
            return makeEndpoint(entry, traffic: nil, &new)
        }
        var targets: [Endpoint] = []
        for target in plan.targets {
            // One that is as it was keeps its queue, whatever its weight is now.
            let same = old?.traffic?.arms.first { $0.variant == target.variant && $0.endpoint.entry == target.entry }
            if let same {
                targets.append(same.endpoint)
            } else {
                targets.append(makeEndpoint(target.entry, variant: target.variant, traffic: nil, &new))
            }
        }
        let router = TrafficRouter(
            plan, entry: entry, endpoints: targets, before: old?.traffic, shadows: shadowThreads)
        return makeEndpoint(entry, traffic: router, &new)
    }

    private func makeEndpoint(
        _ entry: EndpointEntry, variant: String? = nil, traffic: TrafficRouter?, _ new: inout [Endpoint]
    ) -> Endpoint {
        let place = entry.isLoaded ? residency.place(for: entry) : nil
        if let place { residency.hold(place) }
        let endpoint = Endpoint(
            entry: entry, place: place, residency: residency, resources: resources,
            statistics: statistics.counters(for: entry), variant: variant, traffic: traffic,
            observer: observers?.observer(of: entry, as: variant), failures: failures)
        new.append(endpoint)
        return endpoint
    }
}
