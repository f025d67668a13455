import Synchronization

/// Exact counters of one endpoint and version since the server started. Lock-free; kept when the version is reloaded.
package final class EndpointStatistics: Sendable {
    /// One answered prediction, in nanoseconds by stage.
    package struct Timing: Sendable {
        /// Rows that were predicted; negative counts as 0.
        package var rows: Int
        package var queue: UInt64
        package var decode: UInt64
        package var compute: UInt64
        package var encode: UInt64

        package init(rows: Int, queue: UInt64, decode: UInt64, compute: UInt64, encode: UInt64) {
            self.rows = rows
            self.queue = queue
            self.decode = decode
            self.compute = compute
            self.encode = encode
        }
    }

    /// A copy of all counters; durations are sums in nanoseconds.
    package struct Snapshot: Sendable {
        package var successes: UInt64 = 0
        /// Requests that were refused or failed after they were known to be for this endpoint.
        package var failures: UInt64 = 0
        package var rows: UInt64 = 0
        /// Runs of the model that succeeded; fewer than `successes` where requests share them.
        package var executions: UInt64 = 0
        /// Runs by their rows, ascending; empty where requests are not batched.
        package var batches: [BatchStatistics.Size] = []
        package var queue: UInt64 = 0
        package var decode: UInt64 = 0
        package var compute: UInt64 = 0
        package var encode: UInt64 = 0
        /// Time spent on the requests that failed.
        package var failed: UInt64 = 0
        /// Milliseconds since the epoch; 0 before the first.
        package var lastInference: UInt64 = 0
        /// Counts by `LatencyHistogram.bounds`, of successful requests from decode to encode.
        package var latency: [UInt64] = []

        /// Nanoseconds from the start of decoding to the end of encoding, over all successful requests.
        package var total: UInt64 { queue &+ decode &+ compute &+ encode }
    }

    private let successes = Atomic<UInt64>(0)
    private let failures = Atomic<UInt64>(0)
    private let rows = Atomic<UInt64>(0)
    private let executions = Atomic<UInt64>(0)
    private let batches = BatchStatistics()
    private let queue = Atomic<UInt64>(0)
    private let decode = Atomic<UInt64>(0)
    private let compute = Atomic<UInt64>(0)
    private let encode = Atomic<UInt64>(0)
    private let failed = Atomic<UInt64>(0)
    private let lastInference = Atomic<UInt64>(0)
    private let latency = LatencyHistogram()

    package init() {}

    /// Counts one answered prediction.
    package func recordSuccess(_ timing: Timing) {
        successes.wrappingAdd(1, ordering: .relaxed)
        rows.wrappingAdd(UInt64(max(0, timing.rows)), ordering: .relaxed)
        if timing.queue > 0 { queue.wrappingAdd(timing.queue, ordering: .relaxed) }
        decode.wrappingAdd(timing.decode, ordering: .relaxed)
        compute.wrappingAdd(timing.compute, ordering: .relaxed)
        encode.wrappingAdd(timing.encode, ordering: .relaxed)
        latency.record(timing.queue &+ timing.decode &+ timing.compute &+ timing.encode)
        lastInference.store(WallMilliseconds.now(), ordering: .relaxed)
    }

    /// Counts one run that succeeded, in nanoseconds; by its `rows` too, where they are given.
    func recordRun(rows: Int?, gather: UInt64 = 0, compute: UInt64, split: UInt64 = 0) {
        executions.wrappingAdd(1, ordering: .relaxed)
        if let rows { batches.record(rows: rows, gather: gather, compute: compute, split: split) }
    }

    /// A request that was refused or failed after it was known to be for this endpoint.
    package func recordFailure(nanoseconds: UInt64) {
        failures.wrappingAdd(1, ordering: .relaxed)
        failed.wrappingAdd(nanoseconds, ordering: .relaxed)
    }

    /// A copy of the counters. Each is exact; between two of them a request may have come.
    package func snapshot() -> Snapshot {
        var copy = Snapshot()
        copy.successes = successes.load(ordering: .relaxed)
        copy.failures = failures.load(ordering: .relaxed)
        copy.rows = rows.load(ordering: .relaxed)
        copy.executions = executions.load(ordering: .relaxed)
        copy.batches = batches.snapshot()
        copy.queue = queue.load(ordering: .relaxed)
        copy.decode = decode.load(ordering: .relaxed)
        copy.compute = compute.load(ordering: .relaxed)
        copy.encode = encode.load(ordering: .relaxed)
        copy.failed = failed.load(ordering: .relaxed)
        copy.lastInference = lastInference.load(ordering: .relaxed)
        copy.latency = latency.snapshot()
        return copy
    }
}
