package import Journal
package import Logging
package import Monitoring
import Serving
import Synchronization

/// Holds predictions against the truth, once that arrives.
///
/// The record of predictions is the ledger. A thread goes through the files of those endpoints that somebody has sent truth
/// for, or whose monitor says how, and takes what figures need into an index of its own, where truth is joined to it. No
/// prediction knows of any of it.
package final class QualityService: Sendable {
    private struct State {
        var books: [String: QualityBook] = [:]
        var isRunning = false
        var isClosing = false
        var isClosed = false
    }

    let ledger: Ledger
    let clock: any WallClock
    private let store: any QualityStore
    private let facts: any VersionFactsSource
    private let logger: Logger
    /// For what takes long: joining, figures.
    let threads = BlockingThreads(name: "slipway.quality", width: 3)
    private let pool = ThreadPool()
    private let state = Mutex(State())
    /// Bodies of feedback that are in memory.
    let bodies = Mutex(0)

    /// Finds what indexes there are; reads none.
    package init(
        ledger: Ledger, store: any QualityStore, facts: any VersionFactsSource, clock: any WallClock = SystemClock(),
        logger: Logger
    ) {
        self.ledger = ledger
        self.store = store
        self.facts = facts
        self.clock = clock
        self.logger = logger
        for (space, endpoint) in store.endpoints() { _ = makeBook(space: space, endpoint: endpoint) }
    }

    /// `nil` where nobody sent truth, and no settings say how.
    func book(space: String, endpoint: String) -> QualityBook? {
        state.withLock { $0.books[space + "/" + endpoint] }
    }

    func makeBook(space: String, endpoint: String) -> QualityBook {
        state.withLock { state in
            let name = space + "/" + endpoint
            if let book = state.books[name] { return book }
            let book = QualityBook(space: space, endpoint: endpoint, store: store)
            state.books[name] = book
            return book
        }
    }

    private var books: [QualityBook] { state.withLock { Array($0.books.values) } }

    /// Applies settings from now on; `nil` for none. What was read in another way is read again.
    package func configure(space: String, endpoint: String, settings: QualitySettings?) {
        guard settings != nil || book(space: space, endpoint: endpoint) != nil else { return }
        makeBook(space: space, endpoint: endpoint).state.withLock { state in
            guard state.settings != settings else { return }
            state.settings = settings
            state.growth = nil
            state.isStale = true
            state.refreshedAt = nil
        }
    }

    /// Removes all that is known of a space that is gone.
    package func remove(space: String) async {
        let books = state.withLock { state in
            let books = state.books.filter { $0.value.space == space }
            for name in books.keys { state.books[name] = nil }
            return Array(books.values)
        }
        guard !books.isEmpty else { return }
        await threads.run { [store, logger] in
            for book in books { book.remove() }
            do throws(ControlError) {
                try store.remove(space: space)
            } catch {
                logger.error(
                    "what was joined of a space that is gone could not be removed",
                    metadata: ["endpoint.space": "\(space)", "error.message": "\(error)"])
            }
        }
    }

    // MARK: - The thread

    /// Nanoseconds between two looks at what has grown.
    private static let pause = 250_000_000
    private static let second: UInt64 = 1_000_000_000
    /// Figures of an endpoint are made anew at most so often, while nobody asks.
    private static let refreshEvery = 10 * second
    private static let retainEvery = 60 * second
    private static let idle = 60 * second

    /// Begins to follow the ledgers.
    package func start() {
        let mustStart = state.withLock { state in
            defer { state.isRunning = true }
            return !state.isRunning
        }
        if mustStart, !pool.run({ self.work() }) { state.withLock { $0.isRunning = false } }
    }

    private func work() {
        while !state.withLock(\.isClosing) {
            for book in books where !state.withLock(\.isClosing) { look(after: book) }
            ThreadPause.wait(nanoseconds: Self.pause)
        }
        for book in books { book.close() }
        state.withLock { $0.isClosed = true }
    }

    /// Stops following, and closes all files. Blocks.
    package func close() {
        let isRunning = state.withLock { state in
            state.isClosing = true
            return state.isRunning
        }
        guard isRunning else { return }
        while !state.withLock(\.isClosed) { ThreadPause.wait(nanoseconds: 1_000_000) }
    }

    private func look(after book: QualityBook) {
        do throws(ControlError) {
            let growth = ledger.growth(space: book.space, endpoint: book.endpoint)
            let isKept = ledger.isKept(space: book.space, endpoint: book.endpoint)
            if isKept, book.state.withLock({ $0.growth != growth }) { try follow(book) }
            try retain(book)
            book.state.withLock { $0.fault = nil }
        } catch {
            report(error, book)
        }
        refreshIfStale(book)
        let now = MonotonicClock.nanoseconds()
        book.close(unusedSince: now > Self.idle ? now - Self.idle : 0)
    }

    private func retain(_ book: QualityBook) throws(ControlError) {
        let now = MonotonicClock.nanoseconds()
        let isDue = book.state.withLock { state in
            if let at = state.retainedAt, now - at < Self.retainEvery { return false }
            state.retainedAt = now
            return true
        }
        guard isDue, isIndexed(book) else { return }
        let file = ledger.oldestFile(space: book.space, endpoint: book.endpoint)
        let since = clock.now - QualityBounds.waitingDays * 86_400_000_000
        try book.use(now: now) { (index) throws(ControlError) in
            try index.retain(
                from: file, waitingSince: since, atMost: QualityBounds.predictions,
                mostWaiting: QualityBounds.waiting)
        }
    }

    /// An index comes into being with the first truth or the first settings, and not by being looked for.
    private func isIndexed(_ book: QualityBook) -> Bool {
        book.state.withLock { $0.growth != nil || $0.usedAt > 0 }
            || store.endpoints().contains { $0 == (book.space, book.endpoint) }
    }

    private func report(_ error: ControlError, _ book: QualityBook) {
        let isNew = book.state.withLock { state in
            defer { state.fault = error.message }
            return state.fault != error.message
        }
        guard isNew else { return }
        logger.error(
            "predictions cannot be held against the truth: the next look tries again",
            metadata: [
                "endpoint.space": "\(book.space)", "endpoint.name": "\(book.endpoint)",
                "error.message": "\(error.message)",
            ])
    }

    // MARK: - Figures that nobody has to wait for

    private func refreshIfStale(_ book: QualityBook) {
        let now = MonotonicClock.nanoseconds()
        let isDue = book.state.withLock { state in
            guard state.isStale, !state.isRefreshing, !state.isRemoved,
                state.refreshedAt.map({ now - $0 >= Self.refreshEvery }) ?? true
            else { return false }
            state.isRefreshing = true
            state.isStale = false
            state.refreshedAt = now
            return true
        }
        guard isDue else { return }
        Task { await refresh(book) }
    }

    private func refresh(_ book: QualityBook) async {
        do throws(ControlError) {
            let versions = try await figures(book, QualityQuery(windows: [.rows], withSegments: false))
            book.state.withLock { state in
                state.latest = versions
                state.isRefreshing = false
            }
        } catch {
            book.state.withLock { state in
                state.isStale = true
                state.isRefreshing = false
            }
            report(error, book)
        }
    }

    /// What the registry knows of a version never changes: it is asked once.
    func facts(_ version: Int, _ book: QualityBook) async -> VersionFacts {
        if let known = book.state.withLock({ $0.facts[version] }) { return known }
        guard let found = await facts.facts(space: book.space, endpoint: book.endpoint, version: version) else {
            return VersionFacts()
        }
        book.state.withLock { $0.facts[version] = found }
        return found
    }
}

/// What an index holds at most.
package enum QualityBounds {
    /// Predictions; those whose rows the ledger lets go of go in any case.
    package static let predictions = 2_000_000
    /// Items of feedback that wait for their prediction, and days for which they do.
    package static let waiting = 1_000_000
    package static let waitingDays = 35
    /// Predictions that are taken in at once.
    static let piece = 20_000
    /// Versions of which figures are told, the newest.
    package static let versions = 10
}
