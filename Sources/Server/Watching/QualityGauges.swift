import Gateway
import Quality

/// The quality of each endpoint's newest versions for `/metrics`: as it was last computed, over the newest rows.
struct QualityGauges: GaugeSource {
    let quality: QualityService

    /// Versions of one endpoint, the newest: during a rollout there are several.
    private static let versions = 3

    func gauges(of endpoints: [(space: String, endpoint: String)]) -> [Gauge] {
        var metrics = Gauge("slipway_quality", help: "Metrics of live predictions against the truth", samples: [])
        var labelled = Gauge(
            "slipway_quality_labelled_rows", help: "Rows in the ledger whose truth is known", samples: [])
        for (space, endpoint) in endpoints {
            for version in quality.latest(space: space, endpoint: endpoint).prefix(Self.versions) {
                let labels = [("space", space), ("endpoint", endpoint), ("version", String(version.version))]
                labelled.samples.append((labels, Double(version.labelled)))
                for figure in version.windows.first?.figures ?? [] {
                    guard let value = figure.value else { continue }
                    metrics.samples.append((labels + [("metric", figure.metric.description)], value))
                }
            }
        }
        return [metrics, labelled]
    }
}
