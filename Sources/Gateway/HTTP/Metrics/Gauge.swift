/// One family of figures for `/metrics` that the data plane knows nothing of.
package struct Gauge: Sendable {
    package var name: String
    package var help: String
    /// Labels are names and words of ours: they need no escaping.
    package var samples: [(labels: [(name: String, value: String)], value: Double)]

    package init(
        _ name: String, help: String, samples: [(labels: [(name: String, value: String)], value: Double)]
    ) {
        self.name = name
        self.help = help
        self.samples = samples
    }
}

/// Whoever has such figures.
///
/// An implementation promises to answer at once, out of what it has in memory, and with a bounded number of samples for
/// each endpoint.
package protocol GaugeSource: Sendable {
    func gauges(of endpoints: [(space: String, endpoint: String)]) -> [Gauge]
}

extension MetricsPage {
    mutating func gauges(_ gauges: [Gauge]) {
        for gauge in gauges where !gauge.samples.isEmpty {
            head(gauge.name, "gauge", gauge.help)
            for sample in gauge.samples {
                let labels = sample.labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",")
                line(gauge.name, labels, "\(sample.value)")
            }
        }
    }
}
