package import Serving

/// One version of an endpoint, as it is looked at once a second.
package struct SampledVersion: Sendable {
    package var space: String
    package var endpoint: String
    package var arm: SeriesArm
    package var statistics: EndpointStatistics
    package var loads: LoadCounts
    /// Predictions that wait.
    package var queueDepth: Int
    /// What its model takes.
    package var memoryBytes: Int

    package init(
        space: String, endpoint: String, arm: SeriesArm, statistics: EndpointStatistics, loads: LoadCounts,
        queueDepth: Int, memoryBytes: Int
    ) {
        self.space = space
        self.endpoint = endpoint
        self.arm = arm
        self.statistics = statistics
        self.loads = loads
        self.queueDepth = queueDepth
        self.memoryBytes = memoryBytes
    }

    package init(_ endpoint: Endpoint) {
        self.init(
            space: endpoint.entry.space, endpoint: endpoint.entry.name,
            arm: SeriesArm(
                version: endpoint.entry.version, revision: endpoint.entry.revision, variant: endpoint.variant),
            statistics: endpoint.statistics, loads: endpoint.loads, queueDepth: endpoint.queueDepth,
            memoryBytes: endpoint.memoryBytes)
    }
}

/// What all counters had come to when they were looked at last: what they have counted since is told apart from that, and
/// nothing is told twice.
struct SeriesBaselines {
    private struct Known {
        /// Held until a look after the version was gone, for what came in its last second; then only known by sight, in
        /// case it comes back.
        var held: EndpointStatistics?
        weak var seen: EndpointStatistics?
        var activity: UInt64 = 0
        /// Whether it had counted something at the last look: a request may have been half counted then.
        var wasBusy = false
        /// By place, of which a version has had few.
        var loads: [UInt64: LoadCounts] = [:]
        var counts = SeriesCounts()
        var version: SampledVersion.Place
        var looksSince = 0
    }

    /// Looks at a version that is gone, for requests that were under way.
    private static let looksAfter = 60

    private var known: [ObjectIdentifier: Known] = [:]

    /// What each version has counted since the last look; none that has counted nothing.
    mutating func changes(
        in versions: [SampledVersion]
    ) -> [(place: SampledVersion.Place, counts: SeriesCounts)] {
        var changes: [(place: SampledVersion.Place, counts: SeriesCounts)] = []
        var present: Set<ObjectIdentifier> = []
        for version in versions {
            let id = ObjectIdentifier(version.statistics)
            guard present.insert(id).inserted else { continue }
            // Another one may have the place in memory of one that is gone.
            var entry = known[id].flatMap { $0.seen === version.statistics ? $0 : nil } ?? Known(version: version.place)
            (entry.held, entry.seen, entry.looksSince) = (version.statistics, version.statistics, 0)
            entry.version = version.place
            if var change = Self.change(of: &entry, version.statistics, version.loads) {
                change.see(
                    queueDepth: UInt64(max(0, version.queueDepth)), memoryBytes: UInt64(max(0, version.memoryBytes)))
                changes.append((entry.version, change))
            }
            known[id] = entry
        }
        for (id, entry) in known where !present.contains(id) {
            var entry = entry
            guard let gone = entry.held else {
                if entry.seen == nil { known[id] = nil }
                continue
            }
            if let change = Self.change(of: &entry, gone, nil) { changes.append((entry.version, change)) }
            entry.looksSince += 1
            if entry.looksSince >= Self.looksAfter { entry.held = nil }
            known[id] = entry
        }
        return changes
    }

    private static func change(
        of entry: inout Known, _ statistics: EndpointStatistics, _ loads: LoadCounts?
    ) -> SeriesCounts? {
        var change = SeriesCounts()
        if let loads, loads != entry.loads[loads.place] {
            change.add(loads, since: entry.loads[loads.place])
            entry.loads[loads.place] = loads
        }
        // Asked before the counters are copied: what is counted meanwhile is looked at next time.
        let activity = statistics.activity
        let isBusy = activity != entry.activity
        if isBusy || entry.wasBusy {
            let counts = SeriesCounts(statistics.snapshot())
            change.add(counts.since(entry.counts))
            (entry.activity, entry.counts) = (activity, counts)
        }
        entry.wasBusy = isBusy
        return change.isEmpty ? nil : change
    }
}

extension SampledVersion {
    /// Whose series it belongs to, and which of its lines.
    struct Place: Sendable, Hashable {
        var space: String
        var endpoint: String
        var arm: SeriesArm
    }

    var place: Place { Place(space: space, endpoint: endpoint, arm: arm) }
}
