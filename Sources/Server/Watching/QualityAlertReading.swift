import Alerts
import Quality

extension QualityService {
    /// What alert rules are to know of the figures over the newest rows of the version that is live; `nil` where no truth
    /// is told.
    func alertReadings(space: String, endpoint: String, version: Int?) -> [QualityReading]? {
        guard let version,
            let known = latest(space: space, endpoint: endpoint).first(where: { $0.version == version }),
            let window = known.windows.first(where: { $0.kind == .rows })
        else { return nil }
        return window.figures.compactMap { figure in
            guard let value = figure.value, let low = figure.low, let high = figure.high else { return nil }
            return QualityReading(
                version: version, metric: figure.metric.description, value: value, low: low, high: high,
                rows: figure.rows,
                reference: figure.reference,
                isHigherBetter: figure.metric.base.higherIsBetter)
        }
    }
}
