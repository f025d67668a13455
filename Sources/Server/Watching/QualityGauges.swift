import Gateway
import Quality
import Serving

/// The quality of each endpoint's newest versions for `/metrics`: as it was last computed, over the newest rows.
struct QualityGauges: GaugeSource {
    let quality: QualityService
    let dataPlane: DataPlane

    /// Versions of one endpoint, the newest: during a rollout there are several.
    private static let versions = 3

    func gauges() -> [GaugeFamily] {
        var metrics: [GaugeFamily.Sample] = []
        var labelled: [GaugeFamily.Sample] = []
        for entry in dataPlane.endpoints.map(\.entry) {
            for version in quality.latest(space: entry.space, endpoint: entry.name).prefix(Self.versions) {
                func sample(_ more: [(name: String, value: String)], _ value: Double) -> GaugeFamily.Sample {
                    GaugeFamily.Sample(
                        space: entry.space, endpoint: entry.name,
                        labels: [(name: "version", value: String(version.version))] + more, value: value)
                }
                labelled.append(sample([], Double(version.labelled)))
                for figure in version.windows.first?.figures ?? [] {
                    guard let value = figure.value else { continue }
                    metrics.append(sample([(name: "metric", value: figure.metric.description)], value))
                }
            }
        }
        return [
            GaugeFamily(
                name: "slipway_quality", help: "Metrics of live predictions against the truth", samples: metrics),
            GaugeFamily(
                name: "slipway_quality_labelled_rows", help: "Rows in the ledger whose truth is known",
                samples: labelled),
        ]
    }
}
