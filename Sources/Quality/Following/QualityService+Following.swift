import Journal
import Monitoring
import Serving
import Synchronization

extension QualityService {
    /// Takes in what the ledger has more than the index, up to its end. Blocks.
    func follow(_ book: QualityBook) throws(ControlError) {
        guard book.state.withLock({ $0.pauses == 0 }) else { return }
        let growth = ledger.growth(space: book.space, endpoint: book.endpoint)
        var isLast = false
        while !isLast {
            // One piece at a time, so that nobody waits for all of a large ledger who only wants to know something.
            isLast = try book.use(now: MonotonicClock.nanoseconds()) { (index) throws(ControlError) in
                guard book.state.withLock({ $0.pauses == 0 }) else { return true }
                return try self.takePiece(of: book, index)
            }
        }
        book.state.withLock { $0.growth = growth }
    }

    /// Whether it was the last one.
    private func takePiece(of book: QualityBook, _ index: any QualityIndex) throws(ControlError) -> Bool {
        let settings = book.settings
        var state = try index.state()
        if state.reading != settings.reading {
            try index.restart(reading: settings.reading)
            state = try index.state()
        }
        let piece = try ledger.rows(
            space: book.space, endpoint: book.endpoint, after: state.position, atMost: QualityBounds.piece)
        guard let position = piece.position, position != state.position else { return true }
        let reading = PredictionReading(settings)
        try index.add(
            piece.rows.map { (reading.read($0.row), $0.file) }, upTo: position, mayRepeat: piece.mayRepeat,
            now: clock.now)
        if !piece.rows.isEmpty { book.state.withLock { $0.isStale = true } }
        return piece.isLast
    }

    /// The same, once everything is written that was predicted before.
    func catchUp(_ book: QualityBook) throws(ControlError) {
        ledger.settleRows()
        try follow(book)
    }
}
