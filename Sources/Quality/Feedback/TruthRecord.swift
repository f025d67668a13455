package import Serving

/// What is known of the truth of one prediction's rows, and since when.
package struct TruthRecord: Sendable, Hashable {
    package struct Row: Sendable, Hashable {
        package var truth: String
        /// Microseconds since 1970.
        package var at: Int
    }

    /// `nil` where nothing is known yet.
    package private(set) var rows: [Row?]

    package init(rowCount: Int = 0) {
        rows = Array(repeating: nil, count: max(0, rowCount))
    }

    package var known: Int { rows.reduce(0) { $0 + ($1 == nil ? 0 : 1) } }

    /// Takes what somebody says of the rows from `first` on. The truth that was known last stays; of two at one moment the
    /// one that came last. More rows than there are grow it: how many there are is known once the prediction is there.
    package mutating func merge(_ truth: [String?], from first: Int = 0, at: Int) -> FeedbackOutcome {
        if rows.count < first + truth.count {
            rows += Array(repeating: nil, count: first + truth.count - rows.count)
        }
        var (joined, changed, outdated) = (false, false, false)
        for (index, value) in truth.enumerated() {
            guard let value else { continue }
            let place = first + index
            guard let before = rows[place] else {
                rows[place] = Row(truth: value, at: at)
                joined = true
                continue
            }
            if before.truth == value {
                rows[place]?.at = max(before.at, at)
            } else if at >= before.at {
                rows[place] = Row(truth: value, at: at)
                changed = true
            } else {
                outdated = true
            }
        }
        return joined ? .joined : changed ? .changed : outdated ? .outdated : .duplicate
    }

    /// The same of another record, row by row.
    package mutating func merge(_ other: TruthRecord) {
        for (index, row) in other.rows.enumerated() {
            guard let row else { continue }
            _ = merge([row.truth], from: index, at: row.at)
        }
    }
}

extension TruthRecord {
    private static let absent = UInt32.max

    /// As bytes: the number of rows, then of each the moment and the text.
    package func write(into bytes: RecordBytes) {
        bytes.write(UInt32(truncatingIfNeeded: rows.count))
        for row in rows {
            guard let row else {
                bytes.write(Self.absent)
                continue
            }
            bytes.write(row.truth)
            bytes.write(Int64(row.at))
        }
    }

    /// `nil` for bytes that are none of a record's.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        var cursor = RecordCursor(bytes)
        guard let count = try? cursor.next(UInt32.self), Int(count) <= bytes.count / 4 else { return nil }
        rows = []
        rows.reserveCapacity(Int(count))
        for _ in 0..<count {
            guard let length = try? cursor.next(UInt32.self) else { return nil }
            if length == Self.absent {
                rows.append(nil)
                continue
            }
            guard let text = try? cursor.bytes(Int(length)), let at = try? cursor.next(Int64.self) else { return nil }
            rows.append(Row(truth: String(decoding: text, as: UTF8.self), at: Int(at)))
        }
    }
}
