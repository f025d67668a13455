import Drift
import Gateway
import Serving

/// What `/metrics` says of drift: of each endpoint's versions that answer, what their last window came to.
struct DriftGauges: GaugeSource {
    let drift: DriftService
    let dataPlane: DataPlane

    func gauges() -> [GaugeFamily] {
        var readings: [(endpoint: Endpoint, reading: DriftReading)] = []
        for endpoint in dataPlane.endpoints {
            var seen: Set<Int> = []
            for version in endpoint.versions where seen.insert(version.entry.version).inserted {
                let entry = version.entry
                if let reading = drift.latest(space: entry.space, endpoint: entry.name, version: entry.version) {
                    readings.append((version, reading))
                }
            }
        }
        func family(_ name: String, _ help: String, _ value: (DriftReading) -> Double) -> GaugeFamily {
            GaugeFamily(
                name: "slipway_drift_" + name, help: help,
                samples: readings.map { endpoint, reading in
                    GaugeFamily.Sample(
                        space: endpoint.entry.space, endpoint: endpoint.entry.name,
                        labels: [("version", endpoint.versionText)], value: value(reading))
                })
        }
        return [
            family("verdict", "Of the last window: 0 stable, 1 suspicious, 2 drift") {
                Double($0.verdict.rawValue) - 1
            },
            family("features_drifted", "Features that drifted in the last window") { Double($0.drifted) },
            family("windows_in_a_row", "Windows in a row that drifted, up to the last") { Double($0.inARow) },
            family("window_rows", "Rows of the last window") { Double($0.rows) },
            family("stability_index_max", "The largest population stability index of the last window") {
                $0.largestIndex
            },
        ]
    }
}
