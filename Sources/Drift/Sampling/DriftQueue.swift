import CThreadStripe
import Serving
import Synchronization

/// Rows of predictions that wait to be counted: several bounded lines, so that event loops do not wait for each other, nor
/// for the thread that counts, which takes a whole line at once.
final class DriftQueue: Sendable {
    /// Bytes that may wait in one line before the next prediction is dropped.
    static let lineBytes = 128 << 10
    /// Bytes of one prediction at most: of a larger one some rows are taken.
    static let predictionBytes = 256 << 10
    /// A line is given back its memory beyond this.
    private static let kept = 64 << 10

    /// What waits in one line.
    struct Waiting: ~Copyable {
        fileprivate var line = WaitingLine(kept: DriftQueue.kept)
        /// Whose the records are, each by its place here.
        fileprivate var versions: [DriftVersion] = []

        mutating func append(_ prediction: ObservedPrediction, of version: DriftVersion, rows: Int, count: Int) {
            var place = versions.count - 1
            if versions.last !== version {
                place = versions.firstIndex { $0 === version } ?? versions.count
                if place == versions.count { versions.append(version) }
            }
            line.append { bytes in
                bytes.write(UInt32(truncatingIfNeeded: place))
                SampledRows.write(prediction, version.plan, rows: rows, count: count, into: bytes)
            }
        }

        func forEach(_ body: (DriftVersion, UnsafeRawBufferPointer) -> Void) {
            line.forEach { item in
                guard case .record(let bytes) = item, bytes.count >= 4 else { return }
                let place = Int(UInt32(littleEndian: bytes.loadUnaligned(as: UInt32.self)))
                if versions.indices.contains(place) {
                    body(versions[place], UnsafeRawBufferPointer(rebasing: bytes[4...]))
                }
            }
        }

        mutating func removeAll() {
            line.removeAll()
            versions.removeAll(keepingCapacity: true)
        }
    }

    private final class Line: Sendable {
        let waiting = Mutex(Waiting())
        // Neighbours in memory are other threads' lines.
        private let padding: (Int, Int, Int, Int, Int, Int, Int, Int) = (0, 0, 0, 0, 0, 0, 0, 0)
    }

    private let lines: [Line]
    private let lineBytes: Int

    /// - Parameters:
    ///   - lines: a power of two.
    ///   - bytes: that may wait in one line.
    init(lines: Int = 8, bytes: Int = DriftQueue.lineBytes) {
        self.lines = (0..<max(1, lines)).map { _ in Line() }
        lineBytes = bytes
    }

    /// Takes `count` of a prediction's rows in; false where too much waits already.
    func offer(_ prediction: ObservedPrediction, of version: DriftVersion, rows: Int, count: Int) -> Bool {
        lines[Int(thread_stripe()) & (lines.count - 1)].waiting.withLock { waiting in
            guard waiting.line.bytes < lineBytes else { return false }
            waiting.append(prediction, of: version, rows: rows, count: count)
            return true
        }
    }

    /// Hands all that waits to `body`; returns how many predictions that were. One thread at a time.
    ///
    /// - Parameter spare: memory that changes places with each line, so that nobody allocates any.
    func take(with spare: inout Waiting, _ body: (DriftVersion, UnsafeRawBufferPointer) -> Void) -> Int {
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
