import Journal
import ManagementAPI
import Monitoring
import Serving

extension SeriesInfo {
    init(_ answer: SeriesAnswer, space: String, endpoint: String, metrics: Set<SeriesMetric>) {
        let query = answer.query
        func moment(_ seconds: Int) -> String { Timestamp(microseconds: seconds * 1_000_000).description }
        self.init(
            endpoint: endpoint, space: space, from: moment(query.from), to: moment(query.to), step: query.step,
            bytes: answer.bytes, total: SeriesCountsInfo(answer.total, metrics),
            versions: answer.arms.sorted { $0.key < $1.key }.map { arm, counts in
                SeriesVersionInfo(
                    version: arm.version, revision: arm.revision, variant: arm.variant,
                    counts: SeriesCountsInfo(counts, metrics))
            },
            points: answer.points.enumerated().map { index, counts in
                SeriesPointInfo(
                    time: moment(query.from + index * query.step), counts: counts.map { SeriesCountsInfo($0, metrics) })
            })
    }
}

extension SeriesCountsInfo {
    init(_ counts: SeriesCounts, _ metrics: Set<SeriesMetric>) {
        self.init()
        if metrics.contains(.requests) {
            requests = Int(clamping: counts.requests)
            failures = Int(clamping: counts.failures)
            errors = Int(clamping: counts.errors)
            kinds = [:]
            for fault in PredictionFault.allCases where counts[fault] > 0 {
                kinds?[fault.word] = Int(clamping: counts[fault])
            }
        }
        if metrics.contains(.rows) {
            rows = Int(clamping: counts[.rows])
            runs = Int(clamping: counts[.executions])
            runsByRows = [:]
            for (rows, count) in counts.runsByRows where count > 0 {
                runsByRows?[String(rows)] = Int(clamping: count)
            }
        }
        if metrics.contains(.latency) {
            let total = counts[.queue] &+ counts[.decode] &+ counts[.compute] &+ counts[.encode]
            latency = SeriesLatencyInfo(counts.histogram(.whole), sum: total)
        }
        if metrics.contains(.stages) {
            queue = SeriesLatencyInfo(counts.histogram(.queue), sum: counts[.queue])
            compute = SeriesLatencyInfo(counts.histogram(.compute), sum: counts[.compute])
            encode = SeriesLatencyInfo(counts.histogram(.encode), sum: counts[.encode])
        }
        if metrics.contains(.resources) {
            queueDepth = Int(clamping: counts.queueDepth)
            memoryBytes = Int(clamping: counts.memoryBytes)
        }
        if metrics.contains(.loads) {
            loads = Int(clamping: counts[.loaded])
            loadFailures = Int(clamping: counts[.loadsFailed])
            departures = Int(clamping: counts[.departed])
        }
    }
}

extension SeriesLatencyInfo {
    /// `nil` where no prediction was answered.
    ///
    /// - Parameters:
    ///   - counts: by `LatencyHistogram.bounds`.
    ///   - sum: nanoseconds.
    init?(_ counts: [UInt64], sum: UInt64) {
        let count = counts.reduce(0, &+)
        guard count > 0, let p50 = LatencyHistogram.quantile(0.5, of: counts),
            let p90 = LatencyHistogram.quantile(0.9, of: counts), let p99 = LatencyHistogram.quantile(0.99, of: counts)
        else { return nil }
        self.init(
            mean: Double(sum) / Double(count) / 1e6, p50: Double(p50) / 1e6, p90: Double(p90) / 1e6,
            p99: Double(p99) / 1e6)
    }
}
