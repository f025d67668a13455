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
        /// Those by why, in the order of `PredictionFault.allCases`.
        package var faults: [UInt64] = []
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
        /// The same of single stages: waiting, the run of the model, encoding.
        package var queueLatency: [UInt64] = []
        package var computeLatency: [UInt64] = []
        package var encodeLatency: [UInt64] = []

        /// Nanoseconds from the start of decoding to the end of encoding, over all successful requests.
        package var total: UInt64 { queue &+ decode &+ compute &+ encode }
    }

    /// What is counted, by its place among the counters.
    fileprivate enum Counter: Int, CaseIterable {
        case successes, failures, rows, executions, queue, decode, compute, encode, failed, lastInference
    }

    /// The faults come behind the others, each at its number.
    private static let faults = Counter.allCases.count
    private let counters = StripedCounters(
        faults + Int(PredictionFault.allCases.reduce(0) { max($0, $1.rawValue) }) + 1)
    private let firstFault = EndpointStatistics.faults
    private let batches = BatchStatistics()
    private let latency = LatencyHistogram()
    private let queueLatency = LatencyHistogram()
    private let computeLatency = LatencyHistogram()
    private let encodeLatency = LatencyHistogram()

    package init() {}

    /// Counts one answered prediction.
    package func recordSuccess(_ timing: Timing) {
        let mine = counters.mine
        mine.add(1, to: .successes)
        mine.add(UInt64(max(0, timing.rows)), to: .rows)
        if timing.queue > 0 { mine.add(timing.queue, to: .queue) }
        mine.add(timing.decode, to: .decode)
        mine.add(timing.compute, to: .compute)
        mine.add(timing.encode, to: .encode)
        mine.set(WallMilliseconds.now(), at: Counter.lastInference.rawValue)
        latency.record(timing.queue &+ timing.decode &+ timing.compute &+ timing.encode)
        queueLatency.record(timing.queue)
        computeLatency.record(timing.compute)
        encodeLatency.record(timing.encode)
    }

    /// Counts one run that succeeded, in nanoseconds; by its `rows` too, where they are given.
    func recordRun(rows: Int?, gather: UInt64 = 0, compute: UInt64, split: UInt64 = 0) {
        counters.mine.add(1, to: .executions)
        if let rows { batches.record(rows: rows, gather: gather, compute: compute, split: split) }
    }

    /// A request that was refused or failed after it was known to be for this endpoint.
    package func recordFailure(_ fault: PredictionFault, nanoseconds: UInt64) {
        let mine = counters.mine
        mine.add(1, to: .failures)
        mine.add(1, to: firstFault + Int(fault.rawValue))
        mine.add(nanoseconds, to: .failed)
    }

    /// A copy of the counters. Each is exact; between two of them a request may have come.
    package func snapshot() -> Snapshot {
        var copy = Snapshot()
        copy.successes = sum(.successes)
        copy.failures = sum(.failures)
        copy.faults = PredictionFault.allCases.map { counters.sum(firstFault + Int($0.rawValue)) }
        copy.rows = sum(.rows)
        copy.executions = sum(.executions)
        copy.batches = batches.snapshot()
        copy.queue = sum(.queue)
        copy.decode = sum(.decode)
        copy.compute = sum(.compute)
        copy.encode = sum(.encode)
        copy.failed = sum(.failed)
        copy.lastInference = counters.largest(Counter.lastInference.rawValue)
        copy.latency = latency.snapshot()
        copy.queueLatency = queueLatency.snapshot()
        copy.computeLatency = computeLatency.snapshot()
        copy.encodeLatency = encodeLatency.snapshot()
        return copy
    }

    /// Another number whenever anything was counted since: who copies the counters now and then asks this first. Cheap.
    package var activity: UInt64 { sum(.successes) &+ sum(.failures) &+ sum(.executions) }

    private func sum(_ counter: Counter) -> UInt64 { counters.sum(counter.rawValue) }
}

extension StripedCounters.Copy {
    @inline(__always)
    fileprivate func add(_ value: UInt64, to counter: EndpointStatistics.Counter) { add(value, to: counter.rawValue) }
}
