import CCrashJournal

/// A loaded model as the crash journal knows it: a thread that is busy with it says so, and a native crash of that thread
/// then has a name.
final class CrashSubject: Sendable {
    // The C side keeps it in memory that is never given back, and synchronises what changes in it.
    nonisolated(unsafe) private let subject: OpaquePointer?

    init(_ entry: EndpointEntry) {
        let lines = CrashReport.subjectLines(
            space: entry.space, endpoint: entry.name, revision: entry.revision, digest: entry.artifact.digest)
        subject = crash_subject_make(lines)
    }

    deinit { crash_subject_free(subject) }

    /// Runs `body`, which belongs to this model, on this thread.
    @inline(__always)
    func during<Value, Failure: Error>(
        _ phase: CrashReport.Phase, _ body: () throws(Failure) -> Value
    ) throws(Failure) -> Value {
        let before = crash_journal_begin(subject, phase.number)
        defer { crash_journal_end(before) }
        return try body()
    }
}

extension CrashReport.Phase {
    fileprivate var number: CInt {
        switch self {
        case .load: CInt(CRASH_PHASE_LOAD.rawValue)
        case .run: CInt(CRASH_PHASE_RUN.rawValue)
        }
    }
}
