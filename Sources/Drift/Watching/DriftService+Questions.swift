import Journal
import Serving
import Synchronization

/// What is known of one version of an endpoint.
package struct VersionDrift: Sendable {
    package struct WatchedFeature: Sendable {
        package var feature: Feature
        package var source: DriftWatch.Source
        /// 0 while its reference is being made.
        package var referenceRows: Int
    }

    package var version: Int
    /// Whether predictions are counted just now.
    package var isWatched: Bool
    package var features: [WatchedFeature]
    /// What is not watched for want of places.
    package var leftOut: [String]
    /// Rows that are still to come until each feature has a reference.
    package var missingRows: Int
    /// The window that is open.
    package var window: (number: Int, rows: Int, seconds: Double)
    /// Rows since the server started: those that were counted, and those for which there was no room.
    package var sampled: Int
    package var dropped: Int
    package var last: WindowFinding?
    /// Of closed windows the last ones, oldest first; as many as were asked for.
    package var windows: [WindowFinding]
    /// Bytes of memory.
    package var bytes: Int
}

/// The last window of a version in short, for whoever decides something by it.
package struct DriftReading: Sendable, Hashable {
    package var version: Int
    package var number: Int
    package var verdict: DriftVerdict
    /// Microseconds since 1970.
    package var closedAt: Int
    package var rows: Int
    /// Windows in a row that drifted, this one included.
    package var inARow: Int
    /// Features that drifted.
    package var drifted: Int
    /// The largest stability index of all features.
    package var largestIndex: Double
    /// The features that say most, the worst first; five at most.
    package var features: [FeatureFinding]
    /// Where the reference of the first of them comes from.
    package var source: DriftWatch.Source
}

extension DriftService {
    /// Windows that can be asked for.
    package static let mostWindows = FindingLog.kept

    package func isEnabled(space: String, endpoint: String) -> Bool {
        settings(space: space, endpoint: endpoint).isEnabled
    }

    /// What is known of the versions of an endpoint, newest first.
    ///
    /// - Parameters:
    ///   - version: only this one.
    ///   - windows: closed windows of each to say, besides the last.
    package func answer(
        space: String, endpoint: String, version: Int? = nil, windows: Int = 0
    ) async -> [VersionDrift] {
        guard let known = self.endpoint(space: space, name: endpoint) else { return [] }
        return await threads.run {
            let numbers = Set(known.versionsOnDisk + known.versions.map(\.version))
            return numbers.filter { version == nil || $0 == version }.sorted(by: >).compactMap { number in
                Self.answer(number, of: known, windows: min(max(0, windows), Self.mostWindows))
            }
        }
    }

    private static func answer(_ number: Int, of endpoint: DriftEndpoint, windows: Int) -> VersionDrift? {
        let live = endpoint.version(number)
        let files = endpoint.files(of: number)
        let held = live?.state.withLock { $0.watch }
        guard let watch = held ?? files.read(nil, digest: "", rules: endpoint.settings.rules)?.watch else { return nil }
        let counts = live?.counts ?? ObserverCounts()
        return VersionDrift(
            version: number,
            isWatched: endpoint.settings.isEnabled && (live?.taps.load(ordering: .relaxed) ?? 0) > 0,
            features: watch.features.indices.filter { watch.isUsed($0) }.map { index in
                let (source, rows) = watch.reference(at: index)
                return VersionDrift.WatchedFeature(
                    feature: watch.features[index], source: source, referenceRows: rows)
            },
            leftOut: live?.plan.leftOut ?? [], missingRows: watch.missingRows,
            window: (watch.number, watch.rows, watch.seconds), sampled: Int(clamping: counts.recorded),
            dropped: Int(clamping: counts.droppedQueue), last: watch.last,
            windows: windows > 0 ? files.findings.newest(windows) : [], bytes: watch.byteCount)
    }

    /// The last window of a version that is being watched; `nil` before the first is closed. Cheap.
    package func latest(space: String, endpoint: String, version: Int) -> DriftReading? {
        guard let live = self.endpoint(space: space, name: endpoint)?.version(version) else { return nil }
        return live.state.withLock { state in
            guard let watch = state.watch, let last = watch.last else { return nil }
            let worst = last.features.sorted {
                ($1.verdict, $0.adjusted, -$0.effect) < ($0.verdict, $1.adjusted, -$1.effect)
            }
            let first = worst.first.flatMap { one in watch.features.firstIndex { $0.isSame(as: one.feature) } }
            return DriftReading(
                version: version, number: last.number, verdict: last.verdict, closedAt: last.closedAt, rows: last.rows,
                inARow: last.inARow, drifted: last.features.count { $0.verdict == .drift },
                largestIndex: last.features.compactMap(\.stabilityIndex).max() ?? 0,
                features: Array(worst.prefix(5)), source: first.map { watch.reference(at: $0).source } ?? .firstRows)
        }
    }
}
