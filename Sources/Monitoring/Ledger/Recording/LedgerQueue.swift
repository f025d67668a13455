import CThreadStripe
import Serving
import Synchronization

/// One prediction that waits to be put into bytes by the writer: what is too large for its event loop to do that, or whose
/// values have to be hashed.
struct WaitingRow: Sendable {
    let tap: LedgerTap
    /// Microseconds since 1970.
    let time: Int
    let observed: ObservedPrediction
    /// What it holds in memory, about.
    let bytes: Int
}

/// Predictions that wait for the writer. For one thread at a time.
struct WaitingRows: ~Copyable {
    enum Row {
        /// The payload of a record; valid only while it is looked at.
        case encoded(UnsafeRawBufferPointer, time: Int)
        case whole(WaitingRow)
    }

    fileprivate var line = WaitingLine()
    private var wholes: [WaitingRow] = []
    /// Whose the records are, each by its place here: one reference for all of them.
    private var taps: [LedgerTap] = []

    mutating func append(_ row: WaitingRow) {
        line.appendWhole(bytes: row.bytes)
        wholes.append(row)
    }

    mutating func encode(_ prediction: ObservedPrediction, time: Int, of tap: LedgerTap) {
        let place = place(of: tap)
        line.append { bytes in
            bytes.write(UInt32(truncatingIfNeeded: place))
            bytes.write(Int64(time))
            RecordEncoder.write(prediction, time: time, of: tap, into: bytes)
        }
    }

    private mutating func place(of tap: LedgerTap) -> Int {
        var place = taps.count - 1
        while place >= 0, taps[place] !== tap { place -= 1 }
        if place >= 0 { return place }
        taps.append(tap)
        return taps.count - 1
    }

    func forEach(_ body: (LedgerTap, Row) -> Void) {
        var next = 0
        line.forEach { item in
            switch item {
            case .whole:
                body(wholes[next].tap, .whole(wholes[next]))
                next += 1
            case .record(let bytes):
                let place = UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self))
                let time = Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: Int64.self))
                body(taps[Int(place)], .encoded(UnsafeRawBufferPointer(rebasing: bytes[12...]), time: Int(time)))
            }
        }
    }

    mutating func removeAll() {
        line.removeAll()
        wholes.removeAll(keepingCapacity: true)
        taps.removeAll(keepingCapacity: true)
    }
}

/// Where predictions wait for the writer: several bounded lines, so that event loops do not wait for each other, nor for
/// the writer, which takes a whole line at once.
final class LedgerQueue: Sendable {
    /// Rows that may wait in one line.
    static let rows = 16_384
    /// Bytes of tensors and records that may wait in one line.
    static let bytes = 16 << 20

    private final class Line: Sendable {
        let waiting = Mutex(WaitingRows())
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

    /// Takes `row` in as it is; false when its line is full. Never waits for the disk.
    func offer(_ row: WaitingRow) -> Bool {
        withLine { $0.append(row) }
    }

    /// Puts `prediction` into bytes, and takes those in.
    func encode(_ prediction: ObservedPrediction, time: Int, of tap: LedgerTap) -> Bool {
        withLine { $0.encode(prediction, time: time, of: tap) }
    }

    @inline(__always)
    private func withLine(_ body: (inout WaitingRows) -> Void) -> Bool {
        lines[Int(thread_stripe()) & (lines.count - 1)].waiting.withLock { waiting in
            guard waiting.line.count < rowLimit, waiting.line.bytes < byteLimit else { return false }
            body(&waiting)
            return true
        }
    }

    /// Hands all that waits to `body`, line by line; returns how many there were. One thread at a time.
    ///
    /// - Parameter spare: memory that changes places with each line, so that nobody allocates any.
    func take(with spare: inout WaitingRows, _ body: (LedgerTap, WaitingRows.Row) -> Void) -> Int {
        var count = 0
        for line in lines {
            line.waiting.withLock { waiting in
                if waiting.line.count > 0 { swap(&waiting, &spare) }
            }
            count += spare.line.count
            spare.forEach(body)
            spare.removeAll()
        }
        return count
    }
}
