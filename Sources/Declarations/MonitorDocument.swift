import Alerts
package import Documents
import Drift
package import Journal
import Quality
import Retraining

/// A monitor's document as the server keeps it, without a server: each section as its room reads it.
package enum MonitorDocument {
    /// The names of the sections.
    package static let sections = ["drift", "quality", "alerts", "retraining"]

    /// Takes the sections out of a mapping; the caller says what is left over.
    package static func canonical(_ fields: inout DocumentFields) throws(ControlError) -> DocumentValue {
        var kept: [String: DocumentValue] = [:]
        for name in sections {
            guard let value = fields.value(name) else { continue }
            let place = fields.place(name)
            do {
                kept[name] = try section(name, value, at: place)?.canonical
            } catch {
                throw error.field?.hasPrefix(place) == true ? error : error.within(place)
            }
        }
        return .mapping(kept)
    }

    /// Of a whole document; one that cannot be read here, from a newer server, stays as it is.
    package static func canonical(of document: DocumentValue) -> DocumentValue {
        guard var fields = try? DocumentFields(document, at: ""), let read = try? canonical(&fields),
            (try? fields.finish()) != nil
        else { return document.canonical }
        return read
    }

    private static func section(
        _ name: String, _ value: DocumentValue, at place: String
    ) throws(ControlError) -> DocumentValue? {
        switch name {
        case "drift":
            var fields = try DocumentFields(value, at: place)
            let settings = try DriftSettings(&fields)
            return settings == DriftSettings() ? nil : settings.document
        case "quality": return try QualitySettings(document: value, at: place).document
        case "alerts":
            let settings = try AlertSettings(value, at: place)
            return settings == AlertSettings() ? nil : settings.document
        default:
            let settings = try RetrainingSettings(document: value, at: place)
            return settings.rules.isEmpty ? nil : settings.document
        }
    }
}

extension DocumentValue {
    /// One form for what means the same wherever it has been: whole numbers are `whole`, and nothing is left out.
    package var canonical: DocumentValue {
        switch self {
        case .null, .flag, .whole, .text: self
        case .number(let number): Int(exactly: number).map { .whole($0) } ?? self
        case .list(let items): .list(items.map(\.canonical))
        case .mapping(let members): .mapping(members.filter { $0.value != .null }.mapValues(\.canonical))
        }
    }
}
