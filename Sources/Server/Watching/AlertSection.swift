import Alerts
import Documents
import Journal
import Monitors

/// The section `alerts` of a monitor's document.
struct AlertSection: MonitorSection {
    let watch: AlertWatch
    let allowsCommands: Bool

    var name: String { "alerts" }

    func read(_ value: DocumentValue, at place: String) throws(ControlError) -> DocumentValue? {
        let settings = try AlertSettings(value, at: place)
        guard allowsCommands || !settings.hasCommands else {
            throw ControlError(
                .refused, "'\(place).notify' has a command, and the server was started without --allow-commands",
                field: place + ".notify", hint: "start it with --allow-commands, or name a webhook")
        }
        return settings == AlertSettings() ? nil : settings.document
    }

    func apply(_ value: DocumentValue?, endpoint: String, space: String) {
        // What was kept has been read once; what a later version cannot read any more is as if it were not there.
        let settings = value.flatMap { try? AlertSettings($0) }
        watch.configure(space: space, endpoint: endpoint, settings: settings)
    }
}
