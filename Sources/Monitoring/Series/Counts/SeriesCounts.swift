package import Serving

/// What one version of an endpoint has done, in a stretch of time or since its counters began: numbers that add up, so
/// that any two stretches make a longer one, histograms included.
package struct SeriesCounts: Sendable, Hashable {
    /// By place, as `SeriesLayout` has them.
    private(set) var values: [UInt64]
    /// The longest line of waiting predictions that was seen.
    package private(set) var queueDepth: UInt64 = 0
    /// The most memory that the model was seen to take, in bytes.
    package private(set) var memoryBytes: UInt64 = 0

    package init() { values = Array(repeating: 0, count: SeriesLayout.size) }

    /// Everything that was counted since the counters began.
    init(_ snapshot: EndpointStatistics.Snapshot) {
        self.init()
        set(.successes, snapshot.successes)
        set(.rows, snapshot.rows)
        set(.executions, snapshot.executions)
        set(.queue, snapshot.queue)
        set(.decode, snapshot.decode)
        set(.compute, snapshot.compute)
        set(.encode, snapshot.encode)
        set(.failed, snapshot.failed)
        for (fault, count) in zip(PredictionFault.allCases, snapshot.faults) {
            values[SeriesLayout.place(of: fault)] = count
        }
        for (stage, counts) in [
            (SeriesStage.whole, snapshot.latency), (.queue, snapshot.queueLatency),
            (.compute, snapshot.computeLatency), (.encode, snapshot.encodeLatency),
        ] {
            let base = SeriesLayout.places(of: stage).lowerBound
            for (bucket, count) in counts.prefix(LatencyHistogram.size).enumerated() { values[base + bucket] = count }
        }
        for size in snapshot.batches { values[SeriesLayout.place(ofRunsWith: size.rows)] &+= size.runs }
    }

    package subscript(_ counter: SeriesCounter) -> UInt64 { values[counter.rawValue] }

    /// Predictions that were not answered, for this reason.
    package subscript(_ fault: PredictionFault) -> UInt64 { values[SeriesLayout.place(of: fault)] }

    /// Durations of answered predictions by `LatencyHistogram.bounds`, one more for what is above.
    package func histogram(_ stage: SeriesStage) -> [UInt64] { Array(values[SeriesLayout.places(of: stage)]) }

    /// Predictions that were not answered.
    package var failures: UInt64 { PredictionFault.allCases.reduce(0) { $0 &+ self[$1] } }

    /// Those of them that were not the caller's doing.
    package var errors: UInt64 { PredictionFault.allCases.reduce(0) { $1.isCallers ? $0 : $0 &+ self[$1] } }

    /// Answered or not.
    package var requests: UInt64 { self[.successes] &+ failures }

    /// Whether nothing was counted; what was seen of lines and memory does not matter.
    package var isEmpty: Bool { values.allSatisfy { $0 == 0 } }

    mutating func add(_ other: SeriesCounts) {
        for place in values.indices { values[place] &+= other.values[place] }
        see(queueDepth: other.queueDepth, memoryBytes: other.memoryBytes)
    }

    /// What came since `earlier`, which was copied from the same counters.
    func since(_ earlier: SeriesCounts) -> SeriesCounts {
        var change = SeriesCounts()
        for place in values.indices where values[place] > earlier.values[place] {
            change.values[place] = values[place] &- earlier.values[place]
        }
        return change
    }

    /// Adds what came into memory and left it since `earlier`.
    mutating func add(_ loads: LoadCounts, since earlier: LoadCounts?) {
        let earlier = earlier ?? LoadCounts()
        values[SeriesCounter.loaded.rawValue] &+= loads.loaded &- earlier.loaded
        values[SeriesCounter.loadsFailed.rawValue] &+= loads.failed &- earlier.failed
        values[SeriesCounter.departed.rawValue] &+= loads.departed &- earlier.departed
        values[SeriesCounter.loading.rawValue] &+= loads.nanoseconds &- earlier.nanoseconds
    }

    mutating func see(queueDepth: UInt64, memoryBytes: UInt64) {
        self.queueDepth = max(self.queueDepth, queueDepth)
        self.memoryBytes = max(self.memoryBytes, memoryBytes)
    }

    /// Adds what a file has for one place; a place that is not known here was made by a later version.
    mutating func add(_ count: UInt64, at place: Int) {
        if values.indices.contains(place) { values[place] &+= count }
    }

    private mutating func set(_ counter: SeriesCounter, _ count: UInt64) { values[counter.rawValue] = count }
}

/// Which version did it.
package struct SeriesArm: Sendable, Hashable, Comparable {
    package var version: Int
    package var revision: Int
    /// Its name in the rollout that was open.
    package var variant: String?

    package init(version: Int, revision: Int, variant: String?) {
        self.version = version
        self.revision = revision
        self.variant = variant
    }

    package static func < (one: SeriesArm, other: SeriesArm) -> Bool {
        (one.version, one.revision, one.variant ?? "") < (other.version, other.revision, other.variant ?? "")
    }
}
