import Journal
import Logging
import Serving
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The ledger of one endpoint: its files, and what has come of the predictions that were to be written there.
///
/// The writer's thread appends; whoever reads asks for the files there are, and reads those without holding anything up.
final class LedgerBook: Sendable {
    enum Drop { case queue, disk }

    /// How long rows are kept, and whose model made them.
    struct Settings: Sendable, Hashable {
        var retentionDays = LedgerOptions.defaultRetentionDays
        var retentionBytes = LedgerOptions.defaultRetentionBytes
        var model = ""

        /// Bytes after which a segment is full: a sixteenth of all, so that little goes at a time.
        var segmentBytes: Int { min(max(retentionBytes / 16, 1 << 20), 64 << 20) }
        /// Microseconds after which a segment is closed however little is in it: an hour for each day that rows are kept.
        var segmentAge: Int { max(retentionDays, 1) * 3_600_000_000 }
    }

    struct State {
        var settings = Settings()
        var closed: [ClosedSegment] = []
        var open: OpenSegment?
        var lastSequence: UInt64 = 0
        /// Records for the open segment that are not written yet, and what they are.
        let pending = RecordBytes()
        var added = SegmentSummary()
        /// Since the last pass of the writer something could not be written: until the next nothing is tried.
        var isBlocked = false
        /// Its space is gone: nothing is written any more.
        var isRemoved = false
        /// What was said last about it, so that a lasting fault is said once.
        var fault: Int32?
    }

    let space: String
    let endpoint: String
    let folder: String
    let state: Mutex<State>
    /// One rewriting at a time.
    let rewriting = Mutex(())
    let calls: FileCalls
    let clock: any WallClock
    private let logger: Logger
    private let recorded = Atomic<UInt64>(0)
    private let droppedQueue = Atomic<UInt64>(0)
    private let droppedDisk = Atomic<UInt64>(0)

    /// Looks what files there are.
    init(
        space: String, endpoint: String, folder: String, calls: FileCalls, clock: any WallClock, logger: Logger
    ) {
        self.space = space
        self.endpoint = endpoint
        self.folder = folder
        self.calls = calls
        self.clock = clock
        self.logger = logger
        var closed: [ClosedSegment] = []
        for name in LedgerFolder.names(folder) {
            // What took nobody's place when the server was killed.
            if name.hasSuffix(SegmentName.newSuffix) { unlink(folder + "/" + name) }
            if let segment = ClosedSegment(folder: folder, name: name) { closed.append(segment) }
        }
        closed.sort { $0.name < $1.name }
        let lastSequence = closed.last?.name.sequence ?? 0
        let settings = Self.settings(of: closed.last)
        state = Mutex(State())
        state.withLock { state in
            state.closed = closed
            state.lastSequence = lastSequence
            state.settings = settings
        }
    }

    /// As the newest file says: what holds for an endpoint that has no ledger any more.
    private static func settings(of segment: ClosedSegment?) -> Settings {
        guard let segment, let reader = try? SegmentReader(path: segment.path, name: segment.name),
            let header = reader.header
        else { return Settings() }
        return Settings(
            retentionDays: header.retentionDays, retentionBytes: header.retentionBytes, model: header.model)
    }

    var counts: ObserverCounts {
        ObserverCounts(
            recorded: recorded.load(ordering: .relaxed), droppedQueue: droppedQueue.load(ordering: .relaxed),
            droppedDisk: droppedDisk.load(ordering: .relaxed))
    }

    func dropped(_ drop: Drop, _ count: Int) {
        switch drop {
        case .queue: droppedQueue.wrappingAdd(UInt64(clamping: count), ordering: .relaxed)
        case .disk: droppedDisk.wrappingAdd(UInt64(clamping: count), ordering: .relaxed)
        }
    }

    func configure(_ settings: Settings) { state.withLock { $0.settings = settings } }

    // MARK: the writer's

    /// Bytes of records that are put together before they are written.
    private static let writtenAtOnce = 256 << 10

    /// Puts one prediction behind the others. The writer's thread only.
    func append(_ row: WaitingRows.Row, of tap: LedgerTap) {
        switch row {
        case .encoded(let payload, let time): append(at: time) { $0.write(payload) }
        case .whole(let row):
            append(at: row.time) { RecordEncoder.write(row.observed, time: row.time, of: tap, into: $0) }
        }
    }

    private func append(at time: Int, _ body: (RecordBytes) -> Void) {
        state.withLock { state in
            guard !state.isRemoved, !state.isBlocked, let mark = openSegment(&state)?.name.mark else {
                return dropped(.disk, 1)
            }
            let start = RecordFrame.begin(mark, in: state.pending)
            body(state.pending)
            guard state.pending.count - start - RecordFrame.bytes <= LedgerBounds.record else {
                state.pending.cut(to: start)
                return dropped(.disk, 1)
            }
            RecordFrame.end(start, mark: mark, in: state.pending)
            state.added.add(time: time)
            if state.pending.count >= Self.writtenAtOnce { write(&state) }
        }
    }

    /// Writes what is put together. The writer's thread only, after all rows of a pass.
    func endPass() {
        state.withLock { state in
            write(&state)
            state.isBlocked = false
        }
    }

    private func openSegment(_ state: inout State) -> OpenSegment? {
        if let open = state.open { return open }
        state.lastSequence += 1
        let name = SegmentName(sequence: state.lastSequence, mark: UInt32.random(in: 1...UInt32.max))
        let header = SegmentHeader(
            createdAt: clock.now, retentionDays: state.settings.retentionDays,
            retentionBytes: state.settings.retentionBytes, space: space, endpoint: endpoint,
            model: state.settings.model)
        do throws(FileFailure) {
            state.open = try OpenSegment(name, header: header, folder: folder, calls: calls)
        } catch {
            failed(error, &state)
        }
        return state.open
    }

    private func write(_ state: inout State) {
        guard let open = state.open, state.added.rows > 0 else { return }
        do throws(FileFailure) {
            try open.append(state.pending.bytes, adding: state.added)
            recorded.wrappingAdd(UInt64(clamping: state.added.rows), ordering: .relaxed)
            if state.fault != nil {
                state.fault = nil
                logger.notice("the ledger is written again", metadata: about)
            }
        } catch {
            dropped(.disk, state.added.rows)
            failed(error, &state)
            // A file that cannot be written for want of room can be again; with any other, nobody knows.
            if !error.isStorageFull { closeSegment(&state) }
        }
        state.pending.cut(to: 0)
        state.added = SegmentSummary()
        let isFull = open.size >= state.settings.segmentBytes
        if isFull || clock.now - open.createdAt >= state.settings.segmentAge { closeSegment(&state) }
    }

    private func failed(_ failure: FileFailure, _ state: inout State) {
        state.isBlocked = true
        guard state.fault != failure.number else { return }
        state.fault = failure.number
        var about = about
        about["error.message"] = "\(failure)"
        logger.error("the ledger cannot be written: rows are dropped and counted until it can", metadata: about)
    }

    private var about: Logger.Metadata { ["endpoint.space": "\(space)", "endpoint.name": "\(endpoint)"] }

    private func closeSegment(_ state: inout State) {
        guard let open = state.open else { return }
        open.finish()
        state.closed.append(ClosedSegment(open, now: clock.now / 1_000_000))
        state.open = nil
    }

    // MARK: anybody's

    /// Closes the segment that is being written, if there is one; what comes next begins another.
    func closeSegment() {
        state.withLock { state in
            write(&state)
            closeSegment(&state)
        }
    }

    /// Writes all there is, and waits until the disk has it.
    func close() {
        state.withLock { state in
            write(&state)
            state.open?.sync()
            closeSegment(&state)
        }
    }

    /// Removes the segments that are too old or too many; one that has been open for too long is closed.
    func retain() {
        let now = clock.now
        state.withLock { state in
            if let open = state.open, now - open.createdAt >= state.settings.segmentAge {
                write(&state)
                closeSegment(&state)
            }
            let oldest = now / 1_000_000 - state.settings.retentionDays * 86_400
            var total = state.closed.reduce(state.open?.size ?? 0) { $0 + $1.size }
            var gone = 0
            for segment in state.closed {
                guard segment.modifiedAt < oldest || total > state.settings.retentionBytes else { break }
                unlink(segment.path)
                total -= segment.size
                gone += 1
            }
            state.closed.removeFirst(gone)
        }
    }

    /// Removes everything.
    func removeAll() {
        state.withLock { state in
            state.isRemoved = true
            state.pending.cut(to: 0)
            state.added = SegmentSummary()
            if let open = state.open { unlink(open.path) }
            state.open = nil
            for segment in state.closed { unlink(segment.path) }
            state.closed = []
            rmdir(folder)
        }
    }
}
