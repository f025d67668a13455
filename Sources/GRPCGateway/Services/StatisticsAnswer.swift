import InferenceProtobuf
import Serving

/// Statistics in the form of Triton's, as `TritonAnswers.statistics` has them over HTTP.
enum StatisticsAnswer {
    /// A `ModelStatisticsResponse`.
    static func statistics(_ endpoints: [Endpoint]) -> ProtobufBuilder {
        var answer = ProtobufBuilder()
        for endpoint in endpoints.flatMap(\.versions) { answer.message(1) { model(endpoint, &$0) } }
        return answer
    }

    /// A `ModelStatistics`.
    private static func model(_ endpoint: Endpoint, _ message: inout ProtobufBuilder) {
        let counts = endpoint.statistics.snapshot()
        message.string(1, endpoint.entry.name)
        message.string(2, endpoint.versionText)
        message.uint64(3, counts.lastInference)
        message.uint64(4, counts.rows)
        message.uint64(5, counts.executions)
        message.message(6) { sums in
            let answered = counts.successes
            sum(1, answered, counts.total, &sums)
            sum(2, counts.failures, counts.failed, &sums)
            sum(3, answered, counts.queue, &sums)
            sum(4, answered, counts.decode, &sums)
            sum(5, answered, counts.compute, &sums)
            sum(6, answered, counts.encode, &sums)
            // cache_hit and cache_miss: there is no cache.
            sum(7, 0, 0, &sums)
            sum(8, 0, 0, &sums)
        }
        for size in counts.batches {
            message.message(7) { batch in
                batch.int64(1, size.rows)
                sum(2, size.runs, size.gather, &batch)
                sum(3, size.runs, size.compute, &batch)
                sum(4, size.runs, size.split, &batch)
            }
        }
    }

    /// A `StatisticDuration`.
    private static func sum(
        _ number: UInt32, _ count: UInt64, _ nanoseconds: UInt64, _ message: inout ProtobufBuilder
    ) {
        message.message(number) { duration in
            duration.uint64(1, count)
            duration.uint64(2, nanoseconds)
        }
    }
}
