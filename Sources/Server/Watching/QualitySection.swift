import Documents
import Journal
import Monitors
import Quality

/// The section `quality` of monitors.
struct QualitySection: MonitorSection {
    let quality: QualityService

    var name: String { "quality" }

    func read(_ value: DocumentValue, at place: String) throws(ControlError) -> DocumentValue? {
        try QualitySettings(document: value, at: place).document
    }

    func apply(_ value: DocumentValue?, endpoint: String, space: String) {
        // What is kept was read once; a document of a later server may say what this one does not know.
        let settings = value.flatMap { try? QualitySettings(document: $0) }
        quality.configure(space: space, endpoint: endpoint, settings: settings)
    }
}
