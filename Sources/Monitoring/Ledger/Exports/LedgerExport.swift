package import Journal
package import NIOCore
import Serving
import Synchronization

/// Rows on their way out, as text that is made while it is sent: a large ledger does not need its memory.
package final class LedgerExport: Sendable {
    private struct State {
        var reader: RowReader
        var text: (any RowText)?
    }

    /// Bytes of one piece, about.
    private static let piece = 64 << 10

    private let book: LedgerBook
    private let segments: [ReadableSegment]
    private let format: LedgerFormat
    private let query: LedgerQuery
    private let threads: BlockingThreads
    private let state: Mutex<State>

    init(_ book: LedgerBook, format: LedgerFormat, query: LedgerQuery, threads: BlockingThreads) {
        let segments = book.segments
        self.book = book
        self.segments = segments
        self.format = format
        self.query = query
        self.threads = threads
        state = Mutex(State(reader: RowReader(book, segments, query)))
    }

    /// The next lines; `nil` after the last. Throws what the disk says.
    package func next() async throws(ControlError) -> ByteBuffer? {
        try await threads.run { () throws(ControlError) in
            do throws(FileFailure) {
                return try self.nextPiece()
            } catch {
                throw error.controlError
            }
        }
    }

    private func nextPiece() throws(FileFailure) -> ByteBuffer? {
        let result = state.withLock { state -> Result<ByteBuffer?, FileFailure> in
            do throws(FileFailure) {
                return .success(try piece(&state))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func piece(_ state: inout State) throws(FileFailure) -> ByteBuffer? {
        var buffer = ByteBuffer()
        let text: any RowText
        if let known = state.text {
            text = known
        } else {
            text = try makeText()
            state.text = text
            text.begin(into: &buffer)
        }
        while buffer.readableBytes < Self.piece {
            guard let row = try state.reader.next() else { break }
            text.write(row, into: &buffer)
        }
        return buffer.readableBytes > 0 ? buffer : nil
    }

    private func makeText() throws(FileFailure) -> any RowText {
        switch format {
        case .jsonl:
            return JSONLinesText(space: book.space, endpoint: book.endpoint, model: book.settings.model)
        case .csv: return try columns()
        }
    }

    /// Which columns there are is known once all rows were looked at: they are read twice.
    private func columns() throws(FileFailure) -> CSVText {
        var inputs: [String] = []
        var outputs: [String] = []
        let reader = RowReader(book, segments, query)
        while let row = try reader.next() {
            for tensor in row.inputs where !inputs.contains(tensor.name) { inputs.append(tensor.name) }
            for tensor in row.outputs where !outputs.contains(tensor.name) { outputs.append(tensor.name) }
        }
        return CSVText(inputs: inputs, outputs: outputs)
    }
}
