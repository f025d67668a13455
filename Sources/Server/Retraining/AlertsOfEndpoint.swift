import Alerts
import Journal
import Retraining

/// The alerts that retraining rules wait for.
struct AlertsOfEndpoint: FiringAlerts {
    let desk: AlertService

    func firing(space: String, endpoint: String) async -> [FiringAlert] {
        let filter = AlertFilter(space: space, state: .firing, endpoint: endpoint)
        guard let alerts = try? await desk.list(filter).items else { return [] }
        return alerts.map {
            FiringAlert(
                number: $0.number, rule: $0.rule, kind: $0.kind.rawValue, since: $0.firedAt,
                evidence: $0.evidence.summary)
        }
    }
}
