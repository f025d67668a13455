import Documents
import Drift
import Journal
import Monitors

/// The section `drift` of a monitor.
struct DriftSection: MonitorSection {
    let drift: DriftService
    let name = "drift"

    func read(_ value: DocumentValue, at place: String) throws(ControlError) -> DocumentValue? {
        let settings = try Self.settings(value, at: place)
        return settings == DriftSettings() ? nil : settings.document
    }

    func apply(_ value: DocumentValue?, endpoint: String, space: String) {
        // It has been read before.
        let settings = value.flatMap { try? Self.settings($0, at: name) } ?? DriftSettings()
        drift.configure(space: space, endpoint: endpoint, settings: settings)
    }

    private static func settings(_ value: DocumentValue, at place: String) throws(ControlError) -> DriftSettings {
        var fields = try DocumentFields(value, at: place)
        return try DriftSettings(&fields)
    }
}
