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

/// The time series of one endpoint: its files by level, and what of minutes and hours is not in them yet.
final class SeriesBook: Sendable {
    private struct State {
        var logs: [SeriesLevel: SeriesLog] = [:]
        var rollup = SeriesRollup()
        /// Of the last second.
        var number: UInt64 = 0
        var isRecovered = false
        var isRemoved = false
        /// A lasting fault of the disk is said once.
        var hasFailed = false
        let scratch = RecordBytes(capacity: 4096)
    }

    let space: String
    let endpoint: String
    private let folder: String
    private let calls: FileCalls
    private let logger: Logger
    private let state = Mutex(State())

    init(space: String, endpoint: String, folder: String, calls: FileCalls, logger: Logger) {
        self.space = space
        self.endpoint = endpoint
        self.folder = folder
        self.calls = calls
        self.logger = logger
    }

    // MARK: recording

    /// Writes down one second, and the minutes and hours that are over with it. Blocks, for the writes alone.
    ///
    /// - Parameter time: when it began, in seconds since 1970.
    func append(_ arms: [SeriesArm: SeriesCounts], at time: Int) {
        guard !arms.isEmpty else { return end(at: time) }
        state.withLock { state in
            recover(&state)
            guard !state.isRemoved else { return }
            state.number &+= 1
            let frame = SeriesFrame(upTo: state.number, start: time, arms: arms)
            // A second that the disk does not take is in its minute all the same.
            write(frame, .seconds, &state)
            state.rollup.add(frame)
            writeWaiting(&state)
        }
    }

    /// Ends the minutes and hours that are over, also when nothing more comes.
    func end(at time: Int) {
        state.withLock { state in
            recover(&state)
            guard !state.isRemoved, !state.rollup.isEmpty else { return }
            state.rollup.end(at: time)
            writeWaiting(&state)
        }
    }

    private func writeWaiting(_ state: inout State) {
        while let minute = state.rollup.minutes.first, write(minute, .minutes, &state) {
            state.rollup.written(.minutes)
        }
        while let hour = state.rollup.hours.first, write(hour, .hours, &state) { state.rollup.written(.hours) }
    }

    @discardableResult
    private func write(_ frame: SeriesFrame, _ level: SeriesLevel, _ state: inout State) -> Bool {
        do throws(FileFailure) {
            try state.logs[level]?.append(frame, state.scratch)
            state.hasFailed = false
            return true
        } catch {
            if !state.hasFailed { report("a time series could not be written; what is not written waits", error) }
            state.hasFailed = true
            return false
        }
    }

    private func report(_ what: Logger.Message, _ error: FileFailure) {
        logger.error(
            what,
            metadata: [
                "endpoint.space": "\(space)", "endpoint.name": "\(endpoint)", "error.message": "\(error)",
            ])
    }

    /// Finds the files, and takes up the minute and the hour that the last process was in.
    private func recover(_ state: inout State) {
        guard !state.isRecovered else { return }
        state.isRecovered = true
        let names = LedgerFolder.names(folder)
        var hours = SeriesLog(.hours, folder: folder, names: names, calls: calls)
        var minutes = SeriesLog(.minutes, folder: folder, names: names, calls: calls)
        var seconds = SeriesLog(.seconds, folder: folder, names: names, calls: calls)
        let inHours = hours.lastUpTo()
        // Minutes that no hour has, and seconds that no minute has. Where all minutes are lost, the hours still know.
        let inMinutes = max(inHours, minutes.lastUpTo())
        _ = hours.recover(after: inHours)
        for minute in minutes.recover(after: inHours) { state.rollup.add(written: minute) }
        let later = seconds.recover(after: inMinutes)
        for second in later { state.rollup.add(second) }
        state.number = max(inMinutes, later.last?.upTo ?? 0)
        state.logs = [.seconds: seconds, .minutes: minutes, .hours: hours]
    }

    // MARK: reading

    /// The files of a level as they are now, and what is not in them yet: together all that was observed.
    func readable(_ level: SeriesLevel) -> (segments: [SeriesSegment], unwritten: [SeriesFrame]) {
        state.withLock { state in
            recover(&state)
            return (state.logs[level]?.segments ?? [], state.rollup.unwritten(level))
        }
    }

    // MARK: retention

    /// Removes what is too old.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Returns: whether there is nothing left.
    func retain(now: Int) -> Bool {
        state.withLock { state in
            recover(&state)
            for level in SeriesLevel.allCases { state.logs[level]?.retain(now: now) }
            return state.rollup.isEmpty && state.logs.values.allSatisfy(\.segments.isEmpty)
        }
    }

    /// Bytes of all files.
    var bytes: Int {
        state.withLock { state in
            recover(&state)
            return state.logs.values.reduce(0) { $0 + $1.bytes }
        }
    }

    /// Removes everything, for good; nothing is written any more.
    func removeAll() {
        state.withLock { state in
            recover(&state)
            for level in SeriesLevel.allCases { state.logs[level]?.removeAll() }
            state.rollup = SeriesRollup()
            state.isRemoved = true
            rmdir(folder)
        }
    }
}
