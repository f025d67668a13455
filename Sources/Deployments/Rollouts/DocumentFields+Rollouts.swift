import Documents
import Foundation
import Governance
import Journal
import Serving

/// The forms of values that documents of rollouts have.
extension DocumentFields {
    /// A share of the traffic in percent, as parts of ten thousand.
    mutating func weight(_ name: String) throws(ControlError) -> Int? {
        guard let value = value(name) else { return nil }
        return try Self.weight(value, at: place(name))
    }

    static func weight(_ value: DocumentValue, at place: String) throws(ControlError) -> Int {
        let percent: Double? =
            switch value {
            case .whole(let number): Double(number)
            case .number(let number): number
            default: nil
            }
        guard let percent, percent >= 0.01, percent <= 100 else {
            throw ControlError(
                .invalid, "'\(place)' must be a share of the traffic in percent", field: place,
                hint: "from 0.01 to 100")
        }
        let parts = (percent * 100).rounded()
        guard abs(parts - percent * 100) < 1e-6 else {
            throw ControlError(.invalid, "'\(place)' is \(percent)", field: place, hint: "in steps of 0.01")
        }
        return Int(parts)
    }

    /// From 0 up to 1.
    mutating func share(_ name: String) throws(ControlError) -> Double? {
        guard let number = try number(name) else { return nil }
        guard number >= 0, number < 1 else { throw refusal(name, "is \(number)", hint: "from 0 to below 1") }
        return number
    }

    /// A finite number, not below 0.
    mutating func tolerance(_ name: String) throws(ControlError) -> Double? {
        guard let number = try number(name) else { return nil }
        guard number >= 0, number.isFinite else { throw refusal(name, "is \(number)", hint: "0 or more") }
        return number
    }

    /// Everything that was not taken, laid over `defaults`: what is left out has its default, what is not known is
    /// refused.
    mutating func rest<Settings: Codable>(over defaults: Settings) throws(ControlError) -> Settings {
        var members: [String: DocumentValue] = [:]
        if let data = try? JSONEncoder().encode(defaults),
            case .mapping(let known)? = try? JSONDecoder().decode(DocumentValue.self, from: data)
        {
            members = known
        }
        for (name, value) in untaken { members[name] = value }
        var fields = try DocumentFields(.mapping(members), at: path)
        return try fields.rest(as: Settings.self, hint: "there are \(members.keys.sorted().joined(separator: ", "))")
    }
}
