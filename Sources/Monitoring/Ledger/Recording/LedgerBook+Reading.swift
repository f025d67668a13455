import Serving
import Synchronization

/// A file of the ledger as somebody is about to read it.
struct ReadableSegment: Sendable {
    let name: SegmentName
    let path: String
    /// Bytes that are written for good.
    let size: Int
    /// `nil` until somebody wanted to know.
    let summary: SegmentSummary?
}

extension LedgerBook {
    /// The files there are, oldest first. Retention may remove one meanwhile.
    var segments: [ReadableSegment] {
        state.withLock { state in
            var segments = state.closed.map {
                ReadableSegment(name: $0.name, path: $0.path, size: $0.size, summary: $0.summary)
            }
            if let open = state.open, open.summary.rows > 0 {
                segments.append(
                    ReadableSegment(name: open.name, path: open.path, size: open.size, summary: open.summary))
            }
            return segments
        }
    }

    var settings: Settings { state.withLock { $0.settings } }

    /// What a file holds; remembered for those that nothing is appended to. Blocks. `nil` for one that is gone.
    func summary(of segment: ReadableSegment) throws(FileFailure) -> SegmentSummary? {
        if let known = segment.summary { return known }
        let summary: SegmentSummary
        do throws(FileFailure) {
            summary = try SegmentSummary.of(segment.path, segment.name, limit: segment.size)
        } catch {
            if isGone(segment) { return nil }
            throw error
        }
        state.withLock { state in
            if let index = state.closed.firstIndex(where: { $0.name == segment.name }) {
                state.closed[index].summary = summary
            }
        }
        return summary
    }

    /// Whether retention has removed it.
    func isGone(_ segment: ReadableSegment) -> Bool { !segments.contains { $0.name == segment.name } }
}
