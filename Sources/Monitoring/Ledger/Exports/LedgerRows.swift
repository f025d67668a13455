package import Journal
import Serving
import Synchronization

/// The newest rows of a ledger, the oldest of them first, as values. In memory is one of them, and a piece of one file.
///
/// Where they begin is found by counting backwards, file by file, so that a few rows of a long ledger cost a few files.
package final class LedgerRows: Sendable {
    package enum Step: Sendable {
        case row(LedgerRow)
        /// Still counting: to be asked again. Returned now and then, so that who asks can look at other things.
        case searching
        case end
    }

    private struct State {
        /// Files in which rows are still to be counted, the newest last.
        var uncounted: ArraySlice<ReadableSegment>
        /// Files whose rows are wanted, the oldest first.
        var wanted: [ReadableSegment] = []
        /// Rows that are still to be found.
        var missing: Int
        /// What is being counted, and how far.
        var counting: (segment: ReadableSegment, reader: RowReader, rows: Int)?
        /// Rows of the first file that are not wanted.
        var surplus = 0
        var reader: RowReader?
    }

    /// Rows that are counted between two answers.
    private static let countedAtOnce = 2000

    private let book: LedgerBook
    private let query: LedgerQuery
    private let state: Mutex<State>

    init(_ book: LedgerBook, _ query: LedgerQuery, newest: Int) {
        self.book = book
        self.query = query
        let segments = book.segments
        state = Mutex(State(uncounted: segments[...], missing: max(0, newest)))
    }

    /// Places so far where there was something that could not be read.
    package var damaged: Int { state.withLock { $0.reader?.damaged ?? 0 } }

    /// Blocks. Throws what the disk says.
    package func next() throws(ControlError) -> Step {
        let result = state.withLock { state -> Result<Step, FileFailure> in
            do throws(FileFailure) { return .success(try step(&state)) } catch { return .failure(error) }
        }
        do throws(FileFailure) { return try result.get() } catch { throw error.controlError }
    }

    private func step(_ state: inout State) throws(FileFailure) -> Step {
        if state.reader == nil {
            guard try count(&state) else { return .searching }
            let reader = RowReader(book, state.wanted, query)
            for _ in 0..<state.surplus { _ = try reader.next() }
            state.reader = reader
        }
        // Where rows are deleted meanwhile, there are fewer.
        guard let row = try state.reader?.next() else { return .end }
        return .row(row)
    }

    /// Counts some more; true once it is known where to begin.
    private func count(_ state: inout State) throws(FileFailure) -> Bool {
        if state.counting == nil {
            guard state.missing > 0, let segment = state.uncounted.popLast() else { return true }
            state.counting = (segment, RowReader(book, [segment], query), 0)
        }
        guard var counting = state.counting else { return true }
        for _ in 0..<Self.countedAtOnce {
            guard try counting.reader.next() == nil else {
                counting.rows += 1
                continue
            }
            state.counting = nil
            if counting.rows > 0 { state.wanted.insert(counting.segment, at: 0) }
            state.surplus = max(0, counting.rows - state.missing)
            state.missing = max(0, state.missing - counting.rows)
            return false
        }
        state.counting = counting
        return false
    }
}

extension Ledger {
    /// The newest rows that were there when it was asked and that the query wants; `nil` where nothing was ever written.
    package func rows(
        space: String, endpoint: String, query: LedgerQuery, newest: Int
    ) async -> LedgerRows? {
        guard let book = book(space: space, endpoint: endpoint) else { return nil }
        return await threads.run {
            self.settle()
            return LedgerRows(book, query, newest: newest)
        }
    }

    /// Endpoints of the space with rows of this model, by name.
    package func endpoints(of model: String, space: String) async -> [String] {
        await threads.run {
            self.settle()
            return self.books(in: space).filter { $0.settings.model == model && !$0.segments.isEmpty }
                .map(\.endpoint).sorted()
        }
    }
}
