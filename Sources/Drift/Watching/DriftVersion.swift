import Journal
import Logging
import Serving
import Synchronization
import Tensors

/// The watch over one version of an endpoint, with what feeds it. Event loops touch the credit and the counters and nothing
/// else; one thread counts, closes windows and writes.
final class DriftVersion: Sendable {
    struct State {
        /// `nil` until the thread has looked what there is of it.
        var watch: DriftWatch?
        /// Of its reference on disk.
        var mark: UInt32 = 0
        var isChanged = false
        /// Rows that the credit is still to get, less than one.
        var owed = 0.0
        /// Nanoseconds by the clock that nobody sets.
        var refilledAt: UInt64?
        var tickedAt: UInt64?
        var writtenAt: UInt64 = 0
        var unusedSince: UInt64?
        var isRemoved = false
        /// What was said last about it, so that a lasting fault is said once.
        var fault: Int32?
    }

    let version: Int
    let digest: String
    let plan: FeaturePlan
    let files: WatchFiles
    let credit = RowCredit()
    /// Observers that tell of it.
    let taps = Atomic<Int>(0)
    let state = Mutex(State())
    /// Asked once, for the reference that the version brings along.
    let entry: EndpointEntry
    private let taken = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)

    init(_ entry: EndpointEntry, folder: String, calls: RecordFileCalls) {
        self.entry = entry
        version = entry.version
        digest = entry.artifact.digest
        plan = FeaturePlan(
            entry.description.signature, names: FeatureNames.read(entry.description.customMetadata))
        files = WatchFiles(folder: folder, version: entry.version, calls: calls)
    }

    /// Rows, since the server started.
    var counts: ObserverCounts {
        ObserverCounts(recorded: taken.load(ordering: .relaxed), droppedQueue: dropped.load(ordering: .relaxed))
    }

    func count(_ rows: Int, isTaken: Bool) {
        if isTaken {
            taken.wrappingAdd(UInt64(clamping: rows), ordering: .relaxed)
        } else {
            dropped.wrappingAdd(UInt64(clamping: rows), ordering: .relaxed)
        }
    }

    // MARK: the thread's

    /// Finds what there is of it, or makes a watch; does nothing the second time. Blocks.
    func prepare(_ rules: DriftRules, reading profile: ProfileReader, using bytes: RecordBytes, logger: Logger) {
        state.withLock { state in
            guard state.watch == nil, !state.isRemoved else { return }
            if let (watch, mark) = files.read(plan, digest: digest, rules: rules) {
                (state.watch, state.mark) = (watch, mark)
                return
            }
            files.removeAll()
            let watch = DriftWatch(plan.features, references: references(profile, logger), rules: rules)
            state.watch = watch
            writeReference(&state, using: bytes, logger: logger)
        }
    }

    /// Those that were pushed with the version. They were checked then; where they cannot be read now, the first rows have
    /// to do.
    private func references(_ profile: ProfileReader, _ logger: Logger) -> [(Feature, FeatureReference)] {
        do {
            guard let file = try profile(entry) else { return [] }
            return try ReferenceProfile(file).references(
                for: plan, names: FeatureNames.read(entry.description.customMetadata))
        } catch {
            logger.error(
                "the reference that came with a version cannot be used: its first rows are",
                metadata: about.merging(["error.message": "\(error)"]) { $1 })
            return []
        }
    }

    /// Counts rows that were taken.
    func add(_ record: UnsafeRawBufferPointer, using bytes: RecordBytes, logger: Logger) {
        state.withLock { state in
            guard !state.isRemoved, state.watch != nil else { return }
            let wasCollecting = state.watch?.isCollecting == true
            if var watch = state.watch.take() {
                // What was written here is ours, whole.
                try? SampledRows.read(record, plan, into: &watch)
                state.watch = watch
            }
            state.isChanged = true
            if wasCollecting, state.watch?.isCollecting == false {
                writeReference(&state, using: bytes, logger: logger)
            }
        }
    }

    /// More rows are wanted as time goes by: so many that a full window takes its shortest time.
    func refill(_ settings: DriftSettings, now: UInt64) {
        guard settings.isEnabled else { return credit.clear() }
        let rules = settings.rules
        let most = max(rules.fullRows, rules.referenceRows)
        state.withLock { state in
            guard let before = state.refilledAt else {
                state.refilledAt = now
                return credit.add(most, most: most)
            }
            state.refilledAt = now
            state.owed += Double(now &- before) / 1e9 * Double(rules.fullRows) / rules.shortest
            let whole = Int(min(state.owed, Double(most)))
            state.owed = min(state.owed - Double(whole), 1)
            credit.add(whole, most: most)
        }
    }

    /// Nanoseconds between two looks at the window.
    static let tickEvery: UInt64 = 500_000_000
    /// Nanoseconds after which a window is written in which nothing but time has passed.
    private static let writeEvery: UInt64 = 30_000_000_000

    /// Time goes on: closes the window when it is over, and writes what has changed. Blocks.
    ///
    /// - Parameter isLast: writes, however short the time was.
    func tick(
        _ settings: DriftSettings, now: UInt64, clock: any WallClock, isLast: Bool = false, using bytes: RecordBytes,
        logger: Logger
    ) {
        state.withLock { state in
            guard !state.isRemoved, state.watch != nil else { return }
            let before = state.tickedAt ?? now
            if state.tickedAt == nil { state.writtenAt = now }
            guard isLast || state.tickedAt == nil || now &- before >= Self.tickEvery else { return }
            state.tickedAt = now
            state.watch?.rules = settings.rules
            if settings.isEnabled, let finding = state.watch?.pass(seconds: Double(now &- before) / 1e9, now: clock.now)
            {
                keep(finding, &state, using: bytes, logger: logger)
                state.isChanged = true
            }
            // The time that has passed counts too, where something waits for it.
            let isWaiting = (state.watch?.rows ?? 0) > 0 && (isLast || now &- state.writtenAt >= Self.writeEvery)
            guard state.isChanged || isWaiting else { return }
            state.writtenAt = now
            writeWindow(&state, using: bytes, logger: logger)
        }
    }

    private func keep(_ finding: WindowFinding, _ state: inout State, using bytes: RecordBytes, logger: Logger) {
        attempt(&state, logger) { () throws(FileFailure) in try files.findings.append(finding, using: bytes) }
        guard finding.verdict == .drift else { return }
        let drifted = finding.features.filter { $0.verdict == .drift }.map(\.feature.label)
        var about = about
        about["drift.window"] = "\(finding.number)"
        about["drift.features"] = "\(drifted.prefix(8).joined(separator: ", "))"
        about["drift.in_a_row"] = "\(finding.inARow)"
        logger.warning("what an endpoint is asked or answers has drifted", metadata: about)
    }

    private func writeReference(_ state: inout State, using bytes: RecordBytes, logger: Logger) {
        guard let watch = state.watch else { return }
        // What is on disk is another one from here on: no window is written before this is.
        state.mark = 0
        var mark: UInt32?
        attempt(&state, logger) { () throws(FileFailure) in
            mark = try files.put(referenceOf: watch, digest: digest, using: bytes)
        }
        guard let mark, mark != 0 else { return }
        state.mark = mark
        writeWindow(&state, using: bytes, logger: logger)
    }

    private func writeWindow(_ state: inout State, using bytes: RecordBytes, logger: Logger) {
        // Without its reference a window means nothing: that comes first, as soon as it can be written.
        if state.mark == 0 { return writeReference(&state, using: bytes, logger: logger) }
        guard let watch = state.watch else { return }
        let mark = state.mark
        let isWritten = attempt(&state, logger) { () throws(FileFailure) in
            try files.put(windowOf: watch, mark: mark, using: bytes)
        }
        if isWritten { state.isChanged = false }
    }

    @discardableResult
    private func attempt(_ state: inout State, _ logger: Logger, _ body: () throws(FileFailure) -> Void) -> Bool {
        do throws(FileFailure) {
            try body()
            state.fault = nil
            return true
        } catch {
            if state.fault != error.number {
                state.fault = error.number
                logger.error(
                    "the watch over drift cannot be written",
                    metadata: about.merging(["error.message": "\(error)"]) { $1 })
            }
            return false
        }
    }

    private var about: Logger.Metadata {
        [
            "endpoint.space": "\(entry.space)", "endpoint.name": "\(entry.name)",
            "model.version": "\(entry.model):\(entry.version)",
        ]
    }

    /// Nothing is counted or written any more.
    func remove() {
        credit.clear()
        state.withLock { state in
            state.isRemoved = true
            state.watch = nil
        }
    }
}

/// Names of the columns of a model's one input, where its metadata has them: `feature_names`, `features` or `columns`, a
/// JSON array of texts or a list with commas.
package enum FeatureNames {
    package static func read(_ metadata: [String: String]) -> [String]? {
        for key in ["feature_names", "features", "columns"] {
            // The same form as the names of classes.
            if let text = metadata[key], let names = ClassLabels.read(["labels": text]), !names.isEmpty { return names }
        }
        return nil
    }
}
