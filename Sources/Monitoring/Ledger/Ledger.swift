import Crypto
package import Journal
package import Logging
package import Serving
import Synchronization

/// The prediction ledger: what was asked of the endpoints whose deployments want it written down, and what was answered.
///
///     ledger/.key                        what hashes of values are made with
///     ledger/SPACE/ENDPOINT/*.seg        the rows of an endpoint, in the order in which they were written
///
/// A prediction is handed over to a queue, a small one as bytes, and one thread writes what is there. So nobody's event
/// loop waits for the disk; what the thread cannot keep up with is dropped and counted.
package final class Ledger: PredictionObserverSource {
    private struct State {
        var books: [String: LedgerBook] = [:]
        var isWriting = false
        var isClosing = false
        var isClosed = false
    }

    let folder: String
    /// For reading, which may take long.
    let threads = BlockingThreads(name: "slipway.ledger", width: 2)
    private let queue: LedgerQueue
    private let key: LedgerKey
    private let calls: FileCalls
    private let clock: any WallClock
    private let logger: Logger
    private let pool = ThreadPool()
    private let state = Mutex(State())
    /// Passes of the writer that are over.
    private let passes = Atomic<UInt64>(0)

    /// Finds what ledgers there are; makes nothing.
    ///
    /// - Parameter folder: which nobody else writes in.
    package convenience init(folder: String, clock: any WallClock = SystemClock(), logger: Logger) {
        self.init(folder: folder, clock: clock, logger: logger, calls: FileCalls(), queue: LedgerQueue())
    }

    init(folder: String, clock: any WallClock, logger: Logger, calls: FileCalls, queue: LedgerQueue) {
        self.folder = folder
        self.clock = clock
        self.logger = logger
        self.calls = calls
        self.queue = queue
        key = LedgerKey(folder: folder, calls: calls)
        for space in LedgerFolder.names(folder) where Name.isValid(space) {
            for endpoint in LedgerFolder.names(folder + "/" + space) where Name.isValid(endpoint) {
                // Its rows have to go in time, whether or not anybody still deploys there.
                _ = makeBook(space: space, endpoint: endpoint)
            }
        }
    }

    // MARK: recording

    package func observer(of entry: EndpointEntry, as variant: String?) -> (any PredictionObserver)? {
        guard let options = entry.options.ledger else { return nil }
        let book = makeBook(space: entry.space, endpoint: entry.name)
        book.configure(
            LedgerBook.Settings(
                retentionDays: options.retentionDays, retentionBytes: options.retentionBytes, model: entry.model))
        return LedgerTap(
            entry, variant: variant, options: options, rules: rules(options, space: entry.space), book: book,
            queue: queue)
    }

    /// Where there is no key to hash with, what should be hashed is left out.
    private func rules(_ options: LedgerOptions, space: String) -> FieldRules {
        guard !options.hash.isEmpty else {
            return FieldRules(options, space: space, key: SymmetricKey(size: .bits256))
        }
        do throws(FileFailure) {
            return FieldRules(options, space: space, key: try key.value())
        } catch {
            logger.error(
                "values that a ledger should hash are left out: there is no key",
                metadata: ["error.message": "\(error)"])
            return FieldRules(
                excluded: Set(options.exclude + options.hash), space: space, key: SymmetricKey(size: .bits256))
        }
    }

    /// What the values of a space's hashed fields became.
    func hashing(space: String) throws(FileFailure) -> FieldRules { FieldRules(space: space, key: try key.value()) }

    /// `nil` where nothing was ever written, nor is to be.
    func book(space: String, endpoint: String) -> LedgerBook? {
        state.withLock { $0.books[space + "/" + endpoint] }
    }

    func books(in space: String) -> [LedgerBook] {
        state.withLock { state in state.books.values.filter { $0.space == space } }
    }

    private func makeBook(space: String, endpoint: String) -> LedgerBook {
        let (book, mustStart) = state.withLock { state -> (LedgerBook, Bool) in
            let name = space + "/" + endpoint
            let book =
                state.books[name]
                ?? LedgerBook(
                    space: space, endpoint: endpoint, folder: folder + "/" + name, calls: calls, clock: clock,
                    logger: logger)
            state.books[name] = book
            defer { state.isWriting = true }
            return (book, !state.isWriting)
        }
        if mustStart, !pool.run({ self.work() }) { state.withLock { $0.isWriting = false } }
        return book
    }

    /// Removes the ledgers of a space that is gone. Blocks.
    package func remove(space: String) async {
        let books = state.withLock { state in
            let books = state.books.filter { $0.value.space == space }
            for name in books.keys { state.books[name] = nil }
            return Array(books.values)
        }
        guard !books.isEmpty else { return }
        await threads.run {
            self.settle()
            for book in books { book.removeAll() }
        }
    }

    // MARK: the writer

    /// Nanoseconds between two looks at the queue while there is something in it, and while there is not.
    private static let busyPause = 10_000_000
    private static let idlePause = 50_000_000
    /// Microseconds between two looks at what is too old or too much.
    private static let retainEvery = 10_000_000

    private func work() {
        var spare = WaitingRows()
        var retainedAt: Int?
        while true {
            // Before the pass, so that what came before is in it.
            let isLast = state.withLock(\.isClosing)
            let count = pass(with: &spare)
            if isLast { break }
            let now = clock.now
            // A clock that was set back must not keep anything for longer.
            if retainedAt.map({ now < $0 || now - $0 >= Self.retainEvery }) ?? true {
                for book in books { book.retain() }
                retainedAt = now
            }
            ThreadPause.wait(nanoseconds: count > 0 ? Self.busyPause : Self.idlePause)
        }
        for book in books { book.close() }
        state.withLock { $0.isClosed = true }
    }

    private var books: [LedgerBook] { state.withLock { Array($0.books.values) } }

    private func pass(with spare: inout WaitingRows) -> Int {
        var touched: [ObjectIdentifier: LedgerBook] = [:]
        var last: LedgerBook?
        let count = queue.take(with: &spare) { tap, row in
            let book = tap.book
            book.append(row, of: tap)
            if last !== book {
                touched[ObjectIdentifier(book)] = book
                last = book
            }
        }
        for book in touched.values { book.endPass() }
        passes.wrappingAdd(1, ordering: .releasing)
        return count
    }

    /// Returns once everything that was handed over before is written, or dropped. Blocks.
    func settle() {
        // The pass that is under way may have looked already; the one after it has not.
        let wanted = passes.load(ordering: .acquiring) &+ 2
        while passes.load(ordering: .acquiring) < wanted {
            let isThere = state.withLock { $0.isWriting && !$0.isClosed }
            guard isThere else { return }
            ThreadPause.wait(nanoseconds: 1_000_000)
        }
    }

    /// Writes what is still waiting and closes all files; what comes after is not written. Blocks.
    package func close() {
        let isWriting = state.withLock { state in
            state.isClosing = true
            return state.isWriting
        }
        guard isWriting else { return }
        while !state.withLock(\.isClosed) { ThreadPause.wait(nanoseconds: 1_000_000) }
    }
}
