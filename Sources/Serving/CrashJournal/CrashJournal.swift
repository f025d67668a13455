import CCrashJournal
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What has crashed this server, and which endpoints therefore run in a process of their own.
///
/// A crash that a model causes takes the whole process. The handler of its signal appends a report to the file
/// `crash-report`; the next process finds it there, moves every endpoint that serves the same bytes to worker isolation,
/// and remembers that in the file `crashes`, by endpoint and revision: a new revision is trusted again.
package final class CrashJournal: Sendable {
    private struct State {
        /// Reports of the last process that no snapshot has been held against yet.
        var fresh: [CrashReport]
        /// One for each endpoint and revision that has to stay apart.
        var known: [CrashReport]
    }

    /// More are never remembered; the oldest go first.
    private static let limit = 1000

    private let files: CrashFiles
    private let state: Mutex<State>

    /// - Parameter folder: the data folder, which this process has for itself.
    package init(folder: String) {
        files = CrashFiles(folder: folder)
        state = Mutex(
            State(
                fresh: CrashReport.read(files.text(of: files.report)),
                known: CrashReport.read(files.text(of: files.known))))
    }

    /// What stands in the report now; something else once a process has added to it.
    package static func report(folder: String) -> CrashFiles.Report? { CrashFiles(folder: folder).reportNow }

    /// Whether the process that ended last named a model as the cause: where nothing can be written, an older report stays
    /// for ever.
    package static func hasReport(folder: String, otherThan before: CrashFiles.Report?) -> Bool {
        let now = report(folder: folder)
        return now != nil && now != before
    }

    /// From now on crashes of this process are reported. False when the file for it cannot be made; `errno` says why.
    package func listen() -> Bool {
        guard let descriptor = files.openReport() else { return false }
        crash_journal_install(descriptor)
        return true
    }

    /// Holds what the last process reported against what is served: who is to blame runs apart from now on.
    ///
    /// - Returns: the crashes that were new, and the endpoints that each of them moved.
    package func settle(_ entries: [EndpointEntry]) -> [(crash: CrashReport, moved: [EndpointEntry])] {
        state.withLock { state in
            guard !state.fresh.isEmpty else { return [] }
            let settled = state.fresh.map { crash in
                (crash: crash, moved: entries.filter { $0.artifact.digest == crash.digest && $0.isolation == .shared })
            }
            for (crash, moved) in settled {
                // The crash itself too: what was being loaded may not have been committed, and will be tried again.
                state.known.append(crash)
                state.known += moved.map { crash.applied(to: $0) }
            }
            state.known = Self.worthKeeping(state.known, entries)
            // The report goes only once what follows from it is on disk.
            if files.replaceKnown(state.known.map(\.text).joined()) { files.emptyReport() }
            state.fresh = []
            return settled
        }
    }

    /// The crash for which this revision of its endpoint has to run in a process of its own; `nil` for none.
    package func crash(of entry: EndpointEntry) -> CrashReport? {
        state.withLock { state in state.known.last { $0.concerns(entry) } }
    }

    /// Each endpoint and revision once, without those that a newer revision has replaced.
    private static func worthKeeping(_ reports: [CrashReport], _ entries: [EndpointEntry]) -> [CrashReport] {
        struct Place: Hashable {
            var space: String
            var endpoint: String
        }
        var revisions: [Place: Int] = [:]
        for entry in entries {
            // While a rollout is open, there may be two.
            revisions[Place(space: entry.space, endpoint: entry.name), default: entry.revision] = min(
                entry.revision, revisions[Place(space: entry.space, endpoint: entry.name)] ?? entry.revision)
        }
        var seen: Set<[String]> = []
        let kept = reports.reversed().filter { report in
            let current = revisions[Place(space: report.space, endpoint: report.endpoint)] ?? 0
            return report.revision >= current
                && seen.insert([report.space, report.endpoint, String(report.revision), report.digest]).inserted
        }
        return kept.prefix(limit).reversed()
    }
}

extension CrashReport {
    fileprivate func concerns(_ entry: EndpointEntry) -> Bool {
        revision == entry.revision && endpoint == entry.name && space == entry.space
            && digest == entry.artifact.digest
    }

    fileprivate func applied(to entry: EndpointEntry) -> CrashReport {
        var copy = self
        copy.space = entry.space
        copy.endpoint = entry.name
        copy.revision = entry.revision
        return copy
    }
}
