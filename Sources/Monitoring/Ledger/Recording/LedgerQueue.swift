import CThreadStripe
import Serving
import Synchronization

/// One prediction that waits to be written.
struct WaitingRow: Sendable {
    let tap: LedgerTap
    /// Microseconds since 1970.
    let time: Int
    let observed: ObservedPrediction
    /// What it holds in memory, about.
    let bytes: Int
}

/// Where predictions wait for the writer: several bounded lines, so that event loops do not wait for each other, nor for
/// the writer, which takes a whole line at once.
final class LedgerQueue: Sendable {
    /// Rows that may wait in one line.
    static let rows = 16_384
    /// Bytes of tensors that may wait in one line.
    static let bytes = 16 << 20

    private final class Line: Sendable {
        struct State {
            var rows: [WaitingRow] = []
            var bytes = 0
        }

        let state = Mutex(State())
        // Neighbours in memory are other threads' lines.
        private let padding: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
    }

    private let lines: [Line]
    private let rowLimit: Int
    private let byteLimit: Int

    /// - Parameters:
    ///   - lines: a power of two.
    ///   - rows: that may wait in one line.
    ///   - bytes: that may wait in one line.
    init(lines: Int = 8, rows: Int = LedgerQueue.rows, bytes: Int = LedgerQueue.bytes) {
        self.lines = (0..<max(1, lines)).map { _ in Line() }
        rowLimit = rows
        byteLimit = bytes
    }

    /// Takes `row` in; false when its line is full. Never waits for the disk.
    func offer(_ row: WaitingRow) -> Bool {
        lines[Int(thread_stripe()) & (lines.count - 1)].state.withLock { line in
            guard line.rows.count < rowLimit, line.bytes < byteLimit else { return false }
            line.rows.append(row)
            line.bytes &+= row.bytes
            return true
        }
    }

    /// Hands all that waits to `body`, line by line; returns how many there were. One thread at a time.
    ///
    /// - Parameter spare: memory that changes places with each line, so that nobody allocates any.
    func take(with spare: inout [WaitingRow], _ body: (WaitingRow) -> Void) -> Int {
        var count = 0
        for line in lines {
            line.state.withLock { line in
                guard !line.rows.isEmpty else { return }
                swap(&line.rows, &spare)
                line.bytes = 0
            }
            count += spare.count
            for index in spare.indices { body(spare[index]) }
            spare.removeAll(keepingCapacity: true)
        }
        return count
    }
}
