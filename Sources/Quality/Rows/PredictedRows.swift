package import Serving

/// What a prediction said of each of its rows, as far as figures need it.
package struct PredictedRows: Sendable, Hashable {
    /// Rows of the prediction.
    package var count: Int
    /// The predicted class or number of each row; `nil` where the answer had none.
    package var labels: [String]?
    /// Scores of one row.
    package var width: Int
    /// Row by row.
    package var scores: [Double]
    /// For each input by which figures are told apart, its value in each row.
    package var segments: [[String]]

    package init(count: Int, labels: [String]?, width: Int = 0, scores: [Double] = [], segments: [[String]] = []) {
        self.count = count
        self.labels = labels
        self.width = width
        self.scores = scores
        self.segments = segments
    }
}

extension PredictedRows {
    private static let hasLabels: UInt8 = 1

    /// As bytes, to be kept.
    package func write(into bytes: RecordBytes) {
        bytes.write(UInt32(truncatingIfNeeded: count))
        bytes.write(labels == nil ? 0 : Self.hasLabels)
        bytes.write(UInt32(truncatingIfNeeded: width))
        bytes.write(UInt8(truncatingIfNeeded: segments.count))
        for label in labels ?? [] { bytes.write(label) }
        for score in scores { bytes.write(score.bitPattern) }
        for segment in segments { for value in segment { bytes.write(value) } }
    }

    /// `nil` for bytes that are none of these.
    package init?(_ bytes: UnsafeRawBufferPointer) {
        do throws(MalformedRecord) {
            try self.init(reading: bytes)
        } catch {
            return nil
        }
    }

    private init(reading bytes: UnsafeRawBufferPointer) throws(MalformedRecord) {
        var cursor = RecordCursor(bytes)
        count = Int(try cursor.next(UInt32.self))
        let flags = try cursor.next(UInt8.self)
        width = Int(try cursor.next(UInt32.self))
        let segmentCount = Int(try cursor.next(UInt8.self))
        // What they say must fit into what is there, before memory is asked for.
        let (cells, overflow) = count.multipliedReportingOverflow(by: max(1, width))
        guard !overflow, cells <= bytes.count else { throw MalformedRecord("more rows than bytes") }
        labels = nil
        if flags & Self.hasLabels != 0 { labels = try Self.texts(count, &cursor) }
        scores = []
        if width > 0 {
            scores.reserveCapacity(cells)
            for _ in 0..<cells { scores.append(Double(bitPattern: try cursor.next(UInt64.self))) }
        }
        segments = []
        for _ in 0..<segmentCount { segments.append(try Self.texts(count, &cursor)) }
        guard cursor.isAtEnd else { throw MalformedRecord("something follows") }
    }

    private static func texts(_ count: Int, _ cursor: inout RecordCursor) throws(MalformedRecord) -> [String] {
        var texts: [String] = []
        texts.reserveCapacity(count)
        for _ in 0..<count { texts.append(try cursor.text()) }
        return texts
    }
}
