import Synchronization

/// The counters of every endpoint by version, kept while other versions serve, so that going back goes on counting.
final class StatisticsTable: Sendable {
    /// Versions of one endpoint whose counters are kept; of more, those that served least recently begin at 0 again.
    private static let versionsKept = 16

    private struct Name: Hashable {
        var space: String
        var name: String
    }

    /// By endpoint; the version that came last is last.
    private let known = Mutex<[Name: [(version: Int, counters: EndpointStatistics)]]>([:])

    func counters(for entry: EndpointEntry) -> EndpointStatistics {
        known.withLock { known in
            var versions = known[Name(space: entry.space, name: entry.name)] ?? []
            let index = versions.firstIndex { $0.version == entry.version }
            let counters = index.map { versions.remove(at: $0).counters } ?? EndpointStatistics()
            versions.append((entry.version, counters))
            known[Name(space: entry.space, name: entry.name)] = versions.suffix(Self.versionsKept)
            return counters
        }
    }

    /// Lets go of the counters of endpoints that are gone.
    func forget(allBut endpoints: [Endpoint]) {
        let names = Set(endpoints.map { Name(space: $0.entry.space, name: $0.entry.name) })
        known.withLock { $0 = $0.filter { names.contains($0.key) } }
    }
}
