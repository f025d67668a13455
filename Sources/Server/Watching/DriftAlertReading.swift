import Alerts
import Drift
import Journal
import Serving

extension DriftService {
    /// What alert rules are to know of drift of the version that is live; `nil` where nobody watches for it.
    func alertReading(space: String, endpoint: String, version: Int?) -> Alerts.DriftReading? {
        guard let version, isEnabled(space: space, endpoint: endpoint) else { return nil }
        guard let last = latest(space: space, endpoint: endpoint, version: version) else {
            return Alerts.DriftReading(
                version: version, window: 0, isDrift: false, inARow: 0, rows: 0, closedAt: nil, features: [],
                reference: "none yet")
        }
        return Alerts.DriftReading(
            version: version, window: last.number, isDrift: last.verdict == .drift, inARow: last.inARow,
            rows: last.rows, closedAt: Timestamp(microseconds: last.closedAt),
            features: last.features.filter { $0.verdict == .drift || last.verdict != .drift }.map {
                Alerts.DriftReading.Feature(
                    name: $0.feature.label, effect: $0.effect, pValue: $0.adjusted, test: $0.strongest.word)
            },
            reference: last.source == .file ? "the version's own profile" : "the first rows that were asked for")
    }
}

extension DriftTest.Kind {
    fileprivate var word: String {
        switch self {
        case .mix: "mix"
        case .distribution: "distribution"
        case .missing: "missing"
        case .range: "range"
        case .newCategory: "new category"
        }
    }
}
