import Serving

/// What each version of an endpoint has done, and what it takes.
extension MetricsPage {
    /// Which revision and variant a version is now: a gauge that is always 1, to be joined with the others by `space`,
    /// `endpoint` and `version`. As labels of counters they would cut each counter in two at every deploy.
    mutating func info(_ endpoints: [Endpoint]) {
        let name = "slipway_endpoint_info"
        head(
            name, "gauge", "1 for each version that answers, with its revision, its variant in a rollout and its model")
        for endpoint in endpoints {
            let entry = endpoint.entry
            line(
                name,
                Self.labels(endpoint) + ",revision=\"\(entry.revision)\",variant=\"\(endpoint.variant ?? "")\""
                    + ",model=\"\(entry.model)\",isolation=\"\(entry.isolation.rawValue)\"", "1")
        }
    }

    mutating func requests(_ samples: [Sample]) {
        let requests = "slipway_requests_total"
        head(requests, "counter", "Predictions that were asked for, answered or not")
        for (endpoint, counts) in samples {
            line(requests, Self.labels(endpoint), String(counts.successes &+ counts.failures))
        }
        let rows = "slipway_rows_total"
        head(rows, "counter", "Rows of the predictions that were answered")
        for (endpoint, counts) in samples { line(rows, Self.labels(endpoint), String(counts.rows)) }
        let failures = "slipway_request_failures_total"
        head(failures, "counter", "Predictions that were refused or failed, by why")
        for (endpoint, counts) in samples {
            let labels = Self.labels(endpoint)
            for (fault, count) in zip(PredictionFault.allCases, counts.faults) {
                line(failures, labels + ",kind=\"\(fault.word)\"", String(count))
            }
        }
    }

    mutating func stages(_ samples: [Sample]) {
        let name = "slipway_stage_duration_seconds"
        head(name, "histogram", "Stages of answered predictions: waiting, the run of the model, encoding")
        for (endpoint, counts) in samples {
            let labels = Self.labels(endpoint) + ",stage="
            histogram(name, labels + "\"queue\"", counts.queueLatency, sum: counts.queue)
            histogram(name, labels + "\"compute\"", counts.computeLatency, sum: counts.compute)
            histogram(name, labels + "\"encode\"", counts.encodeLatency, sum: counts.encode)
        }
    }

    mutating func models(_ endpoints: [Endpoint]) {
        let memory = "slipway_endpoint_memory_bytes"
        head(memory, "gauge", "Estimated memory of the endpoint's model; 0 while it is not in memory")
        for endpoint in endpoints { line(memory, Self.labels(endpoint), String(endpoint.memoryBytes)) }
        let loads = endpoints.map { (labels: Self.labels($0), counts: $0.loads) }
        let count = "slipway_model_loads_total"
        head(count, "counter", "Times that the endpoint's model was brought into memory, or was not to be")
        for load in loads {
            line(count, load.labels + ",outcome=\"loaded\"", String(load.counts.loaded))
            line(count, load.labels + ",outcome=\"failed\"", String(load.counts.failed))
        }
        let time = "slipway_model_load_seconds_total"
        head(time, "counter", "Time that those took, waiting for memory included")
        for load in loads { line(time, load.labels, Self.seconds(load.counts.nanoseconds)) }
        let departures = "slipway_model_departures_total"
        head(departures, "counter", "Times that the endpoint's model was let go of")
        for load in loads { line(departures, load.labels, String(load.counts.departed)) }
    }

    /// Over the bounds of `LatencyHistogram` that are 1, 2.5 or 5 of a decade.
    ///
    /// - Parameters:
    ///   - counts: by `LatencyHistogram.bounds`, one more for what is above.
    ///   - sum: nanoseconds.
    mutating func histogram(
        _ name: String, _ labels: String, _ counts: [UInt64], from first: UInt64 = 1000, sum: UInt64
    ) {
        var cumulative: UInt64 = 0
        var next = 0
        for bound in Self.bounds {
            while next < LatencyHistogram.bounds.count, LatencyHistogram.bounds[next] <= bound {
                cumulative &+= counts[next]
                next += 1
            }
            if bound < first { continue }
            line(name + "_bucket", labels + ",le=\"\(Self.seconds(bound))\"", String(cumulative))
        }
        let total = counts.reduce(0, &+)
        line(name + "_bucket", labels + ",le=\"+Inf\"", String(total))
        line(name + "_sum", labels, Self.seconds(sum))
        line(name + "_count", labels, String(total))
    }
}
