package import Serving

/// What `/metrics` says, in the Prometheus text format 0.0.4.
///
/// The `nv_inference_*` names and their microseconds are those of Triton's metrics, so that dashboards made for it go on
/// working; the histogram is ours.
package struct MetricsPage: Sendable {
    /// What the process knows of itself.
    package struct Process: Sendable {
        /// Physical memory that the process occupies.
        package var residentBytes: Int
        package var uptimeSeconds: Double
        /// Mutations that the control plane has made.
        package var generation: Int
        /// What loaded models are estimated to take, and may take; `nil` for no bound.
        package var modelBytes: Int
        package var memoryBudgetBytes: Int?

        package init(
            residentBytes: Int, uptimeSeconds: Double, generation: Int, modelBytes: Int = 0,
            memoryBudgetBytes: Int? = nil
        ) {
            self.modelBytes = modelBytes
            self.memoryBudgetBytes = memoryBudgetBytes
            self.residentBytes = residentBytes
            self.uptimeSeconds = uptimeSeconds
            self.generation = generation
        }
    }

    /// Upper bounds of the histograms' buckets in nanoseconds: 1, 2.5 and 5 of each decade.
    static let bounds: [UInt64] = {
        var bounds: [UInt64] = []
        var decade: UInt64 = 1000
        while decade <= 10_000_000_000 {
            bounds += [decade, decade * 5 / 2, decade * 5]
            decade *= 10
        }
        return bounds
    }()

    private var text = ""

    /// The whole page. `process` is `nil` where the system does not tell.
    package static func render(endpoints: [Endpoint], gauges: [GaugeFamily] = [], process: Process?) -> String {
        var page = MetricsPage()
        let samples: [Sample] = endpoints.flatMap(\.versions).map { ($0, $0.statistics.snapshot()) }
        page.triton(samples)
        page.info(samples.map(\.endpoint))
        page.requests(samples)
        page.own(samples)
        page.stages(samples)
        page.models(samples.map(\.endpoint))
        page.batches(samples)
        page.rollouts(endpoints)
        page.ledgers(endpoints)
        for family in gauges { page.add(family) }
        if let process { page.process(process) }
        return page.text
    }

    typealias Sample = (endpoint: Endpoint, counts: EndpointStatistics.Snapshot)

    private mutating func triton(_ samples: [Sample]) {
        family("nv_inference_request_success", "counter", "Predictions that were answered", samples) { $0.successes }
        family("nv_inference_request_failure", "counter", "Predictions that were refused or failed", samples) {
            $0.failures
        }
        family("nv_inference_count", "counter", "Rows that were predicted", samples) { $0.rows }
        family("nv_inference_exec_count", "counter", "Runs of the model", samples) { $0.executions }
        family("nv_inference_request_duration_us", "counter", "Time of answered predictions", samples) {
            $0.total / 1000
        }
        family("nv_inference_queue_duration_us", "counter", "Time in the queue", samples) { $0.queue / 1000 }
        family("nv_inference_compute_input_duration_us", "counter", "Time to decode inputs", samples) {
            $0.decode / 1000
        }
        family("nv_inference_compute_infer_duration_us", "counter", "Time in the model", samples) {
            $0.compute / 1000
        }
        family("nv_inference_compute_output_duration_us", "counter", "Time to encode outputs", samples) {
            $0.encode / 1000
        }
        head("nv_inference_pending_request_count", "gauge", "Predictions that wait for a thread")
        for (endpoint, _) in samples {
            line("nv_inference_pending_request_count", Self.tritonLabels(endpoint), String(endpoint.queueDepth))
        }
    }

    private mutating func own(_ samples: [Sample]) {
        head("slipway_endpoint_ready", "gauge", "1 while the endpoint answers")
        for (endpoint, _) in samples {
            line("slipway_endpoint_ready", Self.labels(endpoint), endpoint.isReady ? "1" : "0")
        }
        workers(samples.map(\.endpoint))
        head("slipway_endpoint_resident", "gauge", "1 while the endpoint's model is in memory")
        for (endpoint, _) in samples {
            line("slipway_endpoint_resident", Self.labels(endpoint), endpoint.isResident ? "1" : "0")
        }
        let name = "slipway_request_duration_seconds"
        head(name, "histogram", "From decoding to encoding of answered predictions")
        for (endpoint, counts) in samples {
            histogram(name, Self.labels(endpoint), counts.latency, from: 10_000, sum: counts.total)
        }
    }

    private mutating func workers(_ endpoints: [Endpoint]) {
        let name = "slipway_worker_restarts_total"
        let restarts = endpoints.compactMap { endpoint in endpoint.workerRestarts.map { (endpoint, $0) } }
        guard !restarts.isEmpty else { return }
        head(name, "counter", "Times that the process of an endpoint's model was replaced")
        for (endpoint, count) in restarts { line(name, Self.labels(endpoint), String(count)) }
    }

    /// Of endpoints that batch only: how many rows their runs have.
    private mutating func batches(_ samples: [Sample]) {
        let batching = samples.filter { $0.endpoint.entry.options.batching != nil }
        guard !batching.isEmpty else { return }
        let name = "slipway_batch_rows"
        head(name, "histogram", "Rows of one run of the model, where requests share runs")
        for (endpoint, counts) in batching {
            let labels = Self.labels(endpoint)
            for bound in Self.rowBounds {
                let runs = counts.batches.prefix { $0.rows <= bound }.reduce(0) { $0 &+ $1.runs }
                line(name + "_bucket", labels + ",le=\"\(bound)\"", String(runs))
            }
            let runs = counts.batches.reduce(0) { $0 &+ $1.runs }
            let rows = counts.batches.reduce(0) { $0 &+ $1.runs &* UInt64(max(0, $1.rows)) }
            line(name + "_bucket", labels + ",le=\"+Inf\"", String(runs))
            line(name + "_sum", labels, String(rows))
            line(name + "_count", labels, String(runs))
        }
    }

    private static let rowBounds = (0...12).map { 1 << $0 }

    private mutating func process(_ process: Process) {
        for (name, help, value) in [
            ("process_resident_memory_bytes", "Resident memory of the server process", "\(process.residentBytes)"),
            ("slipway_uptime_seconds", "Seconds since the server process started", "\(process.uptimeSeconds)"),
            ("slipway_generation", "Mutations that the control plane has made", "\(process.generation)"),
            ("slipway_model_memory_bytes", "Estimated memory of all loaded models", "\(process.modelBytes)"),
        ] {
            head(name, "gauge", help)
            line(name, "", value)
        }
        if let budget = process.memoryBudgetBytes {
            head("slipway_memory_budget_bytes", "gauge", "Memory that loaded models may take together")
            line("slipway_memory_budget_bytes", "", "\(budget)")
        }
    }

    private mutating func family(
        _ name: String, _ type: String, _ help: String, _ samples: [Sample],
        _ value: (EndpointStatistics.Snapshot) -> UInt64
    ) {
        head(name, type, help)
        for (endpoint, counts) in samples { line(name, Self.tritonLabels(endpoint), String(value(counts))) }
    }

    mutating func head(_ name: String, _ type: String, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(type)\n"
    }

    mutating func line(_ name: String, _ labels: String, _ value: String) {
        text += labels.isEmpty ? "\(name) \(value)\n" : "\(name){\(labels)} \(value)\n"
    }

    /// Triton's `model` is the name that callers use: our endpoint. Names need no escaping.
    private static func tritonLabels(_ endpoint: Endpoint) -> String {
        "model=\"\(endpoint.entry.name)\",version=\"\(endpoint.versionText)\",space=\"\(endpoint.entry.space)\""
    }

    static func labels(_ endpoint: Endpoint) -> String {
        "space=\"\(endpoint.entry.space)\",endpoint=\"\(endpoint.entry.name)\",version=\"\(endpoint.versionText)\""
    }

    /// Nanoseconds as seconds, without rounding.
    static func seconds(_ nanoseconds: UInt64) -> String {
        let fraction = String(nanoseconds % 1_000_000_000)
        var digits = String(repeating: "0", count: 9 - fraction.count) + fraction
        while digits.hasSuffix("0") { digits.removeLast() }
        let whole = String(nanoseconds / 1_000_000_000)
        return digits.isEmpty ? whole : "\(whole).\(digits)"
    }
}
