package import Journal
package import Logging
package import Serving
import Synchronization

/// The reference that a version brings along, as it was pushed; `nil` for one without. Blocks.
package typealias ProfileReader = @Sendable (EndpointEntry) throws -> [UInt8]?

/// Watches what every endpoint is asked and answers, version by version, against a reference: that which was pushed with
/// the version, or its first rows.
///
///     drift/SPACE/ENDPOINT/VERSION.reference, VERSION.window, VERSION.findings
///
/// Some rows of predictions are put aside as bytes, as many as are wanted; one thread counts them, closes windows, and
/// writes down twice a second what has changed. Predictions never wait for it.
package final class DriftService: PredictionObserverSource {
    private struct State {
        var endpoints: [String: DriftEndpoint] = [:]
        /// Of endpoints that are not there yet.
        var settings: [String: DriftSettings] = [:]
        var isWatching = false
        var isClosing = false
        var isClosed = false
    }

    /// For reading, which may take long.
    let threads = BlockingThreads(name: "slipway.drift", width: 2)
    private let folder: String
    private let calls: RecordFileCalls
    private let clock: any WallClock
    private let monotonic: @Sendable () -> UInt64
    private let profile: ProfileReader
    private let queue: DriftQueue
    private let logger: Logger
    private let pool = ThreadPool()
    private let state = Mutex(State())
    /// Passes of the thread that are over.
    private let passes = Atomic<UInt64>(0)

    /// Finds what there is; begins nothing.
    ///
    /// - Parameters:
    ///   - folder: which nobody else writes in.
    ///   - profile: reads the reference that a version brings along.
    package convenience init(
        folder: String, clock: any WallClock = SystemClock(), logger: Logger, profile: @escaping ProfileReader
    ) {
        self.init(
            folder: folder, clock: clock, monotonic: MonotonicClock.nanoseconds, logger: logger,
            calls: RecordFileCalls(),
            queue: DriftQueue(), profile: profile)
    }

    init(
        folder: String, clock: any WallClock, monotonic: @escaping @Sendable () -> UInt64, logger: Logger,
        calls: RecordFileCalls, queue: DriftQueue, profile: @escaping ProfileReader
    ) {
        self.folder = folder
        self.clock = clock
        self.monotonic = monotonic
        self.logger = logger
        self.calls = calls
        self.queue = queue
        self.profile = profile
        for space in RecordFolder.names(folder) where Name.isValid(space) {
            for endpoint in RecordFolder.names(folder + "/" + space) where Name.isValid(endpoint) {
                _ = makeEndpoint(space: space, name: endpoint)
            }
        }
    }

    package func observer(of entry: EndpointEntry, as variant: String?) -> (any PredictionObserver)? {
        makeEndpoint(space: entry.space, name: entry.name).tap(entry, queue: queue)
    }

    /// Whether and by which rules the endpoint is watched from now on. One that nobody has said anything of is, by the
    /// usual ones.
    package func configure(space: String, endpoint: String, settings: DriftSettings) {
        let known = state.withLock { state in
            state.settings[space + "/" + endpoint] = settings
            return state.endpoints[space + "/" + endpoint]
        }
        known?.settings = settings
    }

    /// `nil` where nothing was ever deployed.
    func endpoint(space: String, name: String) -> DriftEndpoint? {
        state.withLock { $0.endpoints[space + "/" + name] }
    }

    func settings(space: String, endpoint: String) -> DriftSettings {
        state.withLock { $0.settings[space + "/" + endpoint] ?? DriftSettings() }
    }

    private func makeEndpoint(space: String, name: String) -> DriftEndpoint {
        state.withLock { state in
            let place = space + "/" + name
            if let known = state.endpoints[place] { return known }
            let endpoint = DriftEndpoint(space: space, name: name, folder: folder + "/" + place, calls: calls)
            if let settings = state.settings[place] { endpoint.settings = settings }
            state.endpoints[place] = endpoint
            return endpoint
        }
    }

    var endpoints: [DriftEndpoint] { state.withLock { Array($0.endpoints.values) } }

    /// Removes what is known of a space that is gone. Blocks.
    package func remove(space: String) async {
        let endpoints = state.withLock { state in
            let endpoints = state.endpoints.filter { $0.value.space == space }
            for place in endpoints.keys { state.endpoints[place] = nil }
            state.settings = state.settings.filter { !$0.key.hasPrefix(space + "/") }
            return Array(endpoints.values)
        }
        guard !endpoints.isEmpty else { return }
        await threads.run { for endpoint in endpoints { endpoint.removeAll() } }
    }

    // MARK: the thread

    /// Nanoseconds between two passes while there is something to count, and while there is not.
    private static let busyPause = 10_000_000
    private static let idlePause = 50_000_000
    private static let letGoEvery: UInt64 = 10_000_000_000

    /// Begins to watch.
    package func start() {
        let mustStart = state.withLock { state in
            defer { state.isWatching = true }
            return !state.isWatching
        }
        if mustStart, !pool.run({ self.work() }) { state.withLock { $0.isWatching = false } }
    }

    private func work() {
        var pass = Pass()
        while true {
            // Before the pass, so that what came before is in it.
            let isLast = state.withLock(\.isClosing)
            let count = run(&pass, isLast: isLast)
            if isLast { break }
            ThreadPause.wait(nanoseconds: count > 0 ? Self.busyPause : Self.idlePause)
        }
        state.withLock { $0.isClosed = true }
    }

    /// What the thread has from one pass to the next.
    struct Pass: ~Copyable {
        fileprivate var spare = DriftQueue.Waiting()
        fileprivate let bytes = RecordBytes(capacity: 4096)
        fileprivate var letGoAt: UInt64?
    }

    /// Counts what waits, then lets time go on; returns how many predictions there were.
    @discardableResult
    func run(_ pass: inout Pass, isLast: Bool = false) -> Int {
        let (bytes, logger) = (pass.bytes, self.logger)
        let now = monotonic()
        let count = queue.take(with: &pass.spare) { $0.add($1, using: bytes, logger: logger) }
        for endpoint in endpoints {
            let settings = endpoint.settings
            for version in endpoint.versions {
                if prepare(version, settings, bytes) { endpoint.retain() }
                version.tick(settings, now: now, clock: clock, isLast: isLast, using: bytes, logger: logger)
                version.refill(settings, now: now)
            }
            if now &- (pass.letGoAt ?? 0) >= Self.letGoEvery { endpoint.letGo(now: now) }
        }
        if now &- (pass.letGoAt ?? 0) >= Self.letGoEvery { pass.letGoAt = now }
        passes.wrappingAdd(1, ordering: .releasing)
        return count
    }

    /// Whether it was new.
    private func prepare(_ version: DriftVersion, _ settings: DriftSettings, _ bytes: RecordBytes) -> Bool {
        guard version.state.withLock({ $0.watch == nil && !$0.isRemoved }) else { return false }
        version.prepare(settings.rules, reading: profile, using: bytes, logger: logger)
        return true
    }

    /// Counts what still waits, writes all there is, and ends. Blocks.
    package func close() {
        let isWatching = state.withLock { state in
            state.isClosing = true
            return state.isWatching
        }
        guard isWatching else { return }
        while !state.withLock(\.isClosed) { ThreadPause.wait(nanoseconds: 1_000_000) }
    }
}
