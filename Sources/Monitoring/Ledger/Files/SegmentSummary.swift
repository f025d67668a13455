import Serving

/// What is in a segment. Stands at the end of one that was closed in order, as a record of a kind of its own.
struct SegmentSummary: Sendable, Hashable {
    var rows = 0
    /// Of the oldest and the newest row, in microseconds since 1970; `nil` where there is none.
    var oldest: Int?
    var newest: Int?
    /// Places where bytes are not what was written, the cut off end of a file that was being written included; what they
    /// said is lost.
    var damaged = 0

    /// Bytes of its record, frame included.
    static let recordBytes = RecordFrame.bytes + 1 + 8 + 8 + 8

    mutating func add(time: Int) {
        rows += 1
        oldest = min(oldest ?? time, time)
        newest = max(newest ?? time, time)
    }

    /// Whether there may be rows from `from` on and before `to`.
    func overlaps(from: Int?, to: Int?) -> Bool {
        guard let oldest, let newest else { return damaged > 0 }
        return (from.map { newest >= $0 } ?? true) && (to.map { oldest < $0 } ?? true)
    }

    func write(mark: UInt32, into bytes: RecordBytes) {
        let start = RecordFrame.begin(mark, in: bytes)
        bytes.write(RecordEncoder.Kind.end)
        bytes.write(UInt64(clamping: rows))
        bytes.write(Int64(oldest ?? 0))
        bytes.write(Int64(newest ?? 0))
        RecordFrame.end(start, mark: mark, in: bytes)
    }

    /// `nil` for the payload of any other record.
    init?(_ payload: UnsafeRawBufferPointer) {
        var cursor = RecordCursor(payload)
        guard (try? cursor.next(UInt8.self)) == RecordEncoder.Kind.end, let rows = try? cursor.next(UInt64.self),
            let oldest = try? cursor.next(Int64.self), let newest = try? cursor.next(Int64.self), cursor.isAtEnd
        else { return nil }
        self.rows = Int(clamping: rows)
        self.oldest = rows == 0 ? nil : Int(oldest)
        self.newest = rows == 0 ? nil : Int(newest)
    }

    init() {}
}
