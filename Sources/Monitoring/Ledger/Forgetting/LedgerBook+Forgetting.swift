import Journal
import Serving
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What came of forgetting the rows of one subject.
package struct Forgotten: Sendable, Hashable {
    /// Rows that were deleted.
    package var rows = 0
    /// Rows that have the field.
    package var withField = 0
    /// Of those, the ones whose values were left out when they were written: nobody can tell whose they are. They stay.
    package var unreadable = 0
    /// Places with bytes that could not be read; in files that were written anew they are gone.
    package var damaged = 0
    /// Files that were written anew.
    package var files = 0
}

/// Is told which predictions a ledger is about to forget; where it throws, nothing of them is deleted.
typealias LedgerFarewell = @Sendable ([PredictionID]) throws(ControlError) -> Void

extension LedgerBook {
    /// Deletes each row in which an element of the field is the value. A crash in between leaves each file as it was or
    /// without those rows, and asking again goes on. Blocks.
    ///
    /// - Parameter before: is told which predictions of a file go, before any of them does.
    func forget(
        _ value: FieldValue, _ rules: FieldRules, before: LedgerFarewell? = nil
    ) throws(FileFailure) -> Forgotten {
        let result = rewriting.withLock { _ -> Result<Forgotten, FileFailure> in
            do throws(FileFailure) {
                closeSegment()
                var forgotten = Forgotten()
                for segment in segments { try forget(value, rules, in: segment, before, &forgotten) }
                if forgotten.files > 0 { try LedgerFolder.sync(folder) }
                return .success(forgotten)
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    private func forget(
        _ value: FieldValue, _ rules: FieldRules, in segment: ReadableSegment, _ before: LedgerFarewell?,
        _ forgotten: inout Forgotten
    ) throws(FileFailure) {
        var found = Forgotten()
        var going: [PredictionID] = []
        do throws(FileFailure) {
            try forEachRow(of: segment, &found) { row, _, found in
                if found.forgets(row, value, rules) { going.append(row.prediction) }
            }
        } catch {
            if isGone(segment) { return }
            throw error
        }
        if !going.isEmpty { try tell(before, going) }
        if found.rows > 0 || found.damaged > 0 {
            guard try rewrite(segment, without: value, rules) else { return }
            found.files = 1
        }
        forgotten.add(found)
    }

    /// What was made of the rows goes first: after a crash in between they are still here, to be found again.
    private func tell(_ before: LedgerFarewell?, _ going: [PredictionID]) throws(FileFailure) {
        do throws(ControlError) {
            try before?(going)
        } catch {
            throw FileFailure(number: EIO, "delete what was made of the rows (\(error.message))")
        }
    }

    /// Reads a file from its beginning to its end. What is no row that can be read counts as damaged.
    private func forEachRow(
        of segment: ReadableSegment, _ found: inout Forgotten,
        _ body: (LedgerRow, UnsafeRawBufferPointer, inout Forgotten) throws(FileFailure) -> Void
    ) throws(FileFailure) {
        let reader = try SegmentReader(path: segment.path, name: segment.name, limit: segment.size)
        while let payload = try reader.next() {
            guard RecordEncoder.Kind.isPrediction(RecordDecoder.kind(of: payload)) else { continue }
            guard let row = try? RecordDecoder.row(payload) else {
                found.damaged += 1
                continue
            }
            try body(row, payload, &found)
        }
        found.damaged += reader.damaged + (reader.isCut ? 1 : 0)
    }

    /// Puts a file without those rows in the place of `segment`; false where retention has taken that meanwhile.
    private func rewrite(
        _ segment: ReadableSegment, without value: FieldValue, _ rules: FieldRules
    ) throws(FileFailure) -> Bool {
        let settings = settings
        let header = SegmentHeader(
            createdAt: clock.now, retentionDays: settings.retentionDays, retentionBytes: settings.retentionBytes,
            space: space, endpoint: endpoint, model: settings.model)
        let file = try RewrittenSegment(segment.name, header: header, folder: folder, calls: calls)
        var ignored = Forgotten()
        do throws(FileFailure) {
            try forEachRow(of: segment, &ignored) { (row, payload, found) throws(FileFailure) in
                if !found.forgets(row, value, rules) { try file.append(payload, time: row.time.microseconds) }
            }
            try file.finish(modifiedAt: state.withLock { Self.modifiedAt(segment, $0) })
        } catch {
            file.abandon()
            throw error
        }
        return try put(file, inPlaceOf: segment)
    }

    private static func modifiedAt(_ segment: ReadableSegment, _ state: State) -> Int {
        state.closed.first { $0.name == segment.name }?.modifiedAt ?? 0
    }

    private func put(_ file: RewrittenSegment, inPlaceOf segment: ReadableSegment) throws(FileFailure) -> Bool {
        let result = state.withLock { state -> Result<Bool, FileFailure> in
            guard let index = state.closed.firstIndex(where: { $0.name == segment.name }) else {
                file.abandon()
                return .success(false)
            }
            guard rename(file.temporary, segment.path) == 0 else {
                let failure = FileFailure("replace '\(segment.path)'")
                file.abandon()
                return .failure(failure)
            }
            state.closed[index].size = file.size
            state.closed[index].summary = file.summary
            return .success(true)
        }
        return try result.get()
    }
}

extension Forgotten {
    fileprivate mutating func add(_ other: Forgotten) {
        rows += other.rows
        withField += other.withField
        unreadable += other.unreadable
        damaged += other.damaged
        files += other.files
    }

    /// Whether the row goes; counted.
    fileprivate mutating func forgets(_ row: LedgerRow, _ value: FieldValue, _ rules: FieldRules) -> Bool {
        let fields = (row.inputs + row.outputs).filter { $0.name == value.field }
        guard !fields.isEmpty else { return false }
        withField += 1
        let answers = fields.map { value.occurs(in: $0, rules) }
        if answers.contains(true) {
            rows += 1
            return true
        }
        if answers.contains(nil) { unreadable += 1 }
        return false
    }
}
