package import Journal
import Serving

/// For whoever goes through a ledger as it grows. All of it blocks.
extension Ledger {
    /// Whether there are rows of the endpoint, or its deployment wants them written.
    package func isKept(space: String, endpoint: String) -> Bool { book(space: space, endpoint: endpoint) != nil }

    /// Another number whenever there may be more rows than before. Cheap.
    package func growth(space: String, endpoint: String) -> UInt64 {
        book(space: space, endpoint: endpoint)?.counts.recorded ?? 0
    }

    /// Returns once everything that was handed over before is written, or dropped.
    package func settleRows() { settle() }

    /// The number of the oldest file that is still there.
    package func oldestFile(space: String, endpoint: String) -> UInt64? {
        book(space: space, endpoint: endpoint)?.segments.first?.name.sequence
    }

    /// Bytes of records after which a piece is large enough.
    private static let pieceBytes = 16 << 20

    /// The next rows, of at most `limit` predictions, and of fewer where they are large.
    ///
    /// - Parameter position: how far they were read; `nil` for the beginning.
    package func rows(
        space: String, endpoint: String, after position: LedgerPosition?, atMost limit: Int
    ) throws(ControlError) -> LedgerPiece {
        var piece = LedgerPiece(rows: [], position: position, mayRepeat: false, isLast: true)
        guard let book = book(space: space, endpoint: endpoint) else { return piece }
        do throws(FileFailure) {
            let segments = book.segments
            // Files are numbered from 1 again once all of them are gone.
            let isNumberedAnew = segments.last.map { $0.name.sequence < position?.file ?? 0 } ?? false
            let position = isNumberedAnew ? nil : position
            for segment in segments where segment.name.sequence >= position?.file ?? 0 {
                do throws(FileFailure) {
                    try read(segment, from: position, into: &piece, atMost: limit)
                } catch {
                    // Retention has taken it meanwhile.
                    if !book.isGone(segment) { throw error }
                }
                if !piece.isLast { return piece }
            }
        } catch {
            throw error.controlError
        }
        return piece
    }

    private func read(
        _ segment: ReadableSegment, from position: LedgerPosition?, into piece: inout LedgerPiece, atMost limit: Int
    ) throws(FileFailure) {
        let reader = try SegmentReader(path: segment.path, name: segment.name, limit: segment.size)
        let file = segment.name.sequence
        let madeAt = reader.header?.createdAt ?? 0
        var mayRepeat = false
        if let position, position.file == file {
            if position.madeAt == madeAt {
                reader.seek(to: position.offset)
                mayRepeat = position.mayRepeat
            } else {
                mayRepeat = true
            }
        }
        var bytes = 0
        while let payload = try reader.next() {
            bytes += payload.count
            guard RecordEncoder.Kind.isPrediction(RecordDecoder.kind(of: payload)),
                let row = try? RecordDecoder.row(payload)
            else { continue }
            piece.rows.append((row, file))
            if piece.rows.count >= limit || bytes >= Self.pieceBytes {
                piece.isLast = false
                break
            }
        }
        if mayRepeat { piece.mayRepeat = true }
        piece.position = LedgerPosition(file: file, madeAt: madeAt, offset: reader.offset, mayRepeat: mayRepeat)
    }
}
