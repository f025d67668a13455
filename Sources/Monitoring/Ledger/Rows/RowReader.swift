import Journal
import Serving

/// Reads the rows of several segments, one after the other, in memory for one of them. For one thread at a time.
final class RowReader {
    private let book: LedgerBook
    private let query: LedgerQuery
    private var left: ArraySlice<ReadableSegment>
    private var reader: SegmentReader?
    /// Places where there was something that could not be read.
    private(set) var damaged = 0

    init(_ book: LedgerBook, _ segments: [ReadableSegment], _ query: LedgerQuery = LedgerQuery()) {
        self.book = book
        self.query = query
        left = segments[...]
    }

    /// The next row that the query wants; `nil` after the last.
    func next() throws(FileFailure) -> LedgerRow? {
        while true {
            if reader == nil { reader = try openNext() }
            guard let reader else { return nil }
            guard let payload = try reader.next() else {
                damaged += reader.damaged + (reader.isCut ? 1 : 0)
                self.reader = nil
                continue
            }
            guard RecordEncoder.Kind.isPrediction(RecordDecoder.kind(of: payload)) else { continue }
            guard let row = try? RecordDecoder.row(payload) else {
                damaged += 1
                continue
            }
            if query.matches(row) { return row }
        }
    }

    private func openNext() throws(FileFailure) -> SegmentReader? {
        while let segment = left.popFirst() {
            do throws(FileFailure) {
                if query.from != nil || query.to != nil,
                    let summary = try book.summary(of: segment),
                    !summary.overlaps(from: query.from?.microseconds, to: query.to?.microseconds)
                {
                    continue
                }
                return try SegmentReader(path: segment.path, name: segment.name, limit: segment.size)
            } catch {
                if !book.isGone(segment) { throw error }
            }
        }
        return nil
    }
}
