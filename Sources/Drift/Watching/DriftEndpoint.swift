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

/// The versions of one endpoint that are watched, and by which rules.
final class DriftEndpoint: Sendable {
    struct State {
        var settings = DriftSettings()
        /// In memory: those that somebody asks, or did a minute ago.
        var versions: [Int: DriftVersion] = [:]
        var isRemoved = false
    }

    /// Versions of which something is kept on disk, the newest ones.
    static let keptVersions = 10
    /// Nanoseconds after which a version that nobody asks leaves memory.
    private static let unusedAfter: UInt64 = 60_000_000_000

    let space: String
    let name: String
    let folder: String
    let calls: RecordFileCalls
    private let state = Mutex(State())

    init(space: String, name: String, folder: String, calls: RecordFileCalls) {
        self.space = space
        self.name = name
        self.folder = folder
        self.calls = calls
    }

    var settings: DriftSettings {
        get { state.withLock { $0.settings } }
        set { state.withLock { $0.settings = newValue } }
    }

    var versions: [DriftVersion] { state.withLock { Array($0.versions.values) } }

    func version(_ number: Int) -> DriftVersion? { state.withLock { $0.versions[number] } }

    /// An observer that tells of the version of `entry`; `nil` once the space is gone.
    func tap(_ entry: EndpointEntry, queue: DriftQueue) -> DriftTap? {
        state.withLock { state in
            guard !state.isRemoved else { return nil }
            // Another model may have been deployed under the name.
            if let known = state.versions[entry.version], known.digest == entry.artifact.digest {
                return DriftTap(known, queue: queue)
            }
            state.versions[entry.version]?.remove()
            let version = DriftVersion(entry, folder: folder, calls: calls)
            state.versions[entry.version] = version
            return DriftTap(version, queue: queue)
        }
    }

    /// Lets go of versions that nobody has asked in a minute. All there is of them is on disk.
    func letGo(now: UInt64) {
        state.withLock { state in
            for (number, version) in state.versions {
                guard version.taps.load(ordering: .relaxed) == 0 else {
                    version.state.withLock { $0.unusedSince = nil }
                    continue
                }
                let isOver = version.state.withLock { inner in
                    guard let since = inner.unusedSince else {
                        inner.unusedSince = now
                        return false
                    }
                    return !inner.isChanged && now &- since >= Self.unusedAfter
                }
                if isOver { state.versions[number] = nil }
            }
        }
    }

    /// The versions of which there is something on disk, newest first.
    var versionsOnDisk: [Int] {
        Set(RecordFolder.names(folder).compactMap { WatchFiles.version(ofFile: $0) }).sorted(by: >)
    }

    func files(of version: Int) -> WatchFiles { WatchFiles(folder: folder, version: version, calls: calls) }

    /// Removes what is left of old versions. Blocks.
    func retain() {
        let held = Set(versions.map(\.version))
        for version in versionsOnDisk.dropFirst(Self.keptVersions) where !held.contains(version) {
            files(of: version).removeAll()
        }
    }

    /// Removes everything. Blocks.
    func removeAll() {
        let versions = state.withLock { state in
            defer { state.versions = [:] }
            state.isRemoved = true
            return Array(state.versions.values)
        }
        for version in versions { version.remove() }
        for name in RecordFolder.names(folder) { unlink(folder + "/" + name) }
        rmdir(folder)
    }
}
