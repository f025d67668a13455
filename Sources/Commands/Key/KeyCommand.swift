import ArgumentParser
import ManagementAPI

struct KeyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "key", abstract: "Make, list, rotate and revoke API keys.",
        subcommands: [KeyCreate.self, KeyList.self, KeyRotate.self, KeyRevoke.self])
}

/// How a key is shown.
enum KeyText {
    /// What it is limited to: `spaces prod; roles viewer`.
    static func scope(_ key: KeyInfo) -> String {
        var parts: [String] = []
        if let spaces = key.spaces { parts.append("spaces \(spaces.joined(separator: ","))") }
        if let roles = key.roles { parts.append("roles \(roles.map(\.rawValue).joined(separator: ","))") }
        if let endpoints = key.endpoints { parts.append("endpoints \(endpoints.joined(separator: ","))") }
        if let home = key.home { parts.append("home \(home)") }
        return parts.isEmpty ? "all that \(key.principal) may" : parts.joined(separator: "; ")
    }

    static func limits(_ limits: KeyLimits) -> String {
        let parts: [(Int?, String)] = [
            (limits.requestsPerSecond, "requests/s"), (limits.rowsPerSecond, "rows/s"),
            (limits.requestsPerMonth, "requests/month"), (limits.rowsPerMonth, "rows/month"),
        ]
        let set = parts.compactMap { value, unit in value.map { "\($0) \(unit)" } }
        return set.isEmpty ? "none" : set.joined(separator: ", ")
    }

    static func ending(_ key: KeyInfo) -> String {
        switch key.state {
        case .revoked: "revoked"
        case .expired: "expired"
        case .valid: key.expiresAt.map { "until \(Age.moment($0))" } ?? "valid"
        }
    }

    /// A key that was just made: alone on its line, so that it can be copied or piped.
    static func show(_ new: NewKey, _ session: Session) throws {
        if session.format == .json { return try session.printJSON(new) }
        session.console.say("the key \(new.info.id) of \(new.info.principal), shown this once:")
        session.console.print(new.key)
        session.console.say("it opens: \(scope(new.info)); limits: \(limits(new.info.limits)); \(ending(new.info))")
    }
}

/// How long something lasts: `90d`, `12h`, `30m`, `45s`.
enum Lifetime {
    static func seconds(_ text: String) throws(ValidationError) -> Int {
        let units: [Character: Int] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]
        guard let unit = text.last.flatMap({ units[$0] }), let number = Int(text.dropLast()), number >= 0 else {
            throw ValidationError("'\(text)' is no time: write 90d, 12h, 30m or 45s")
        }
        let (seconds, overflow) = number.multipliedReportingOverflow(by: unit)
        guard !overflow else { throw ValidationError("'\(text)' is too long") }
        return seconds
    }
}
