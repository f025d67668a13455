import Documents
import Journal
import Monitors
import Retraining

/// The section `retraining` of a monitor.
struct RetrainingSection: MonitorSection {
    let service: RetrainingService

    var name: String { "retraining" }

    func read(_ value: DocumentValue, at place: String) throws(ControlError) -> DocumentValue? {
        let settings = try RetrainingSettings(document: value, at: place)
        try service.check(settings, at: place)
        return settings.rules.isEmpty ? nil : settings.document
    }

    func apply(_ value: DocumentValue?, endpoint: String, space: String) {
        // It has been through `read`; were it not readable any more, nothing would be retrained.
        let settings = (try? RetrainingSettings(document: value)) ?? RetrainingSettings()
        service.configure(space: space, endpoint: endpoint, settings)
    }
}
