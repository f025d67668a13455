package import Journal
package import Logging
package import Serving
import Synchronization

/// The built-in time series: what each version of each endpoint did, by seconds for an hour, minutes for a day and hours
/// for a year.
///
///     series/SPACE/ENDPOINT/seconds-*.seg, minutes-*.seg, hours-*.seg
///
/// One thread looks at the data plane's counters once a second and writes down what they have counted since. Predictions
/// know nothing of it.
package final class SeriesStore: Sendable {
    private struct State {
        var books: [String: SeriesBook] = [:]
        var isSampling = false
        var isClosing = false
        var isClosed = false
    }

    /// For reading, which may take long.
    let threads = BlockingThreads(name: "slipway.series", width: 2)
    let clock: any WallClock
    private let folder: String
    private let calls: FileCalls
    private let logger: Logger
    private let versions: @Sendable () -> [SampledVersion]
    private let pool = ThreadPool()
    private let state = Mutex(State())
    private let follower = Mutex<(@Sendable ([SeriesSecond]) -> Void)?>(nil)

    /// Finds what series there are; begins nothing.
    ///
    /// - Parameters:
    ///   - folder: which nobody else writes in.
    ///   - dataPlane: whose counters are looked at.
    package convenience init(
        folder: String, dataPlane: DataPlane, clock: any WallClock = SystemClock(), logger: Logger
    ) {
        self.init(folder: folder, clock: clock, logger: logger, calls: FileCalls()) {
            dataPlane.endpoints.flatMap { endpoint in endpoint.versions.map { SampledVersion($0) } }
        }
    }

    init(
        folder: String, clock: any WallClock, logger: Logger, calls: FileCalls,
        versions: @escaping @Sendable () -> [SampledVersion]
    ) {
        self.folder = folder
        self.clock = clock
        self.logger = logger
        self.calls = calls
        self.versions = versions
        for space in LedgerFolder.names(folder) where Name.isValid(space) {
            for endpoint in LedgerFolder.names(folder + "/" + space) where Name.isValid(endpoint) {
                // Its series have to go in time, whether or not anybody still deploys there.
                _ = makeBook(space: space, endpoint: endpoint)
            }
        }
    }

    /// `nil` where nothing was ever observed.
    func book(space: String, endpoint: String) -> SeriesBook? {
        state.withLock { $0.books[space + "/" + endpoint] }
    }

    private func makeBook(space: String, endpoint: String) -> SeriesBook {
        state.withLock { state in
            let name = space + "/" + endpoint
            if let book = state.books[name] { return book }
            let book = SeriesBook(
                space: space, endpoint: endpoint, folder: folder + "/" + name, calls: calls, logger: logger)
            state.books[name] = book
            return book
        }
    }

    /// Removes the series of a space that is gone. Blocks.
    package func remove(space: String) async {
        let books = state.withLock { state in
            let books = state.books.filter { $0.value.space == space }
            for name in books.keys { state.books[name] = nil }
            return Array(books.values)
        }
        guard !books.isEmpty else { return }
        await threads.run { for book in books { book.removeAll() } }
    }

    // MARK: the sampler

    /// Tells `follower` what each second was counted, on the thread that looks: it must be quick. There is one.
    package func follow(_ follower: @escaping @Sendable ([SeriesSecond]) -> Void) {
        self.follower.withLock { $0 = follower }
    }

    /// Begins to look, once a second.
    package func start() {
        let mustStart = state.withLock { state in
            defer { state.isSampling = true }
            return !state.isSampling
        }
        if mustStart, !pool.run({ self.work() }) { state.withLock { $0.isSampling = false } }
    }

    /// Nanoseconds for which the thread sleeps at most before it looks whether it should end.
    private static let nap = 50_000_000
    private static let second: UInt64 = 1_000_000_000

    private func work() {
        var sampler = SeriesSampler(clock: clock)
        while !state.withLock(\.isClosing) {
            guard sampler.isDue() else {
                ThreadPause.wait(nanoseconds: min(Self.nap, sampler.pause))
                continue
            }
            look(&sampler)
        }
        look(&sampler)
        state.withLock { $0.isClosed = true }
    }

    /// Writes down what was counted since the last look.
    func look(_ sampler: inout SeriesSampler) {
        let look = sampler.look(at: versions())
        follower.withLock(\.self)?(look.seconds.map { SeriesSecond($0, $1) })
        for (place, arms) in look.seconds {
            // Of a version that is gone its space may be gone too, with all its series.
            let book =
                look.present.contains(place)
                ? makeBook(space: place.space, endpoint: place.endpoint)
                : book(space: place.space, endpoint: place.endpoint)
            book?.append(arms, at: look.time)
        }
        for book in state.withLock({ Array($0.books.values) }) {
            let place = SeriesSampler.Place(space: book.space, endpoint: book.endpoint)
            if look.seconds[place] == nil { book.end(at: look.time) }
            guard sampler.mustRetain(place) else { continue }
            let isEmpty = book.retain(now: look.retentionTime)
            if isEmpty, !look.present.contains(place) { drop(book) }
        }
    }

    /// Nothing is left of it, and nobody deploys there.
    private func drop(_ book: SeriesBook) {
        state.withLock { state in
            let name = book.space + "/" + book.endpoint
            if state.books[name] === book { state.books[name] = nil }
        }
        book.removeAll()
    }

    /// Looks a last time, and ends. Blocks.
    package func close() {
        let isSampling = state.withLock { state in
            state.isClosing = true
            return state.isSampling
        }
        guard isSampling else { return }
        while !state.withLock(\.isClosed) { ThreadPause.wait(nanoseconds: 1_000_000) }
    }
}
