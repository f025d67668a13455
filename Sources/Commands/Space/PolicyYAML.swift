import ManagementAPI

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A policy as YAML, for people to read and to change.
enum PolicyYAML {
    /// The order in which people read a policy; everything else follows by name.
    private static let order = [
        "promotesFrom", "gates", "approvals", "isolation", "deploy", "rollout", "rollback", "rolloutApprovals",
        "frozen",
        "frozenReason", "name", "kind", "models",
        "count", "roles", "fourEyes",
    ]

    static func lines(_ policy: SpacePolicy) throws -> [String] {
        let encoded = try JSONEncoder().encode(policy)
        guard case .mapping(let members) = try JSONDecoder().decode(PolicyField.self, from: encoded) else { return [] }
        return lines(members)
    }

    static func lines(_ members: [String: PolicyField]) -> [String] {
        let names = members.keys.sorted { left, right in
            let places = (order.firstIndex(of: left) ?? order.count, order.firstIndex(of: right) ?? order.count)
            return places.0 == places.1 ? left < right : places.0 < places.1
        }
        return names.flatMap { name in lines(text(name), members[name] ?? .null) }
    }

    private static func lines(_ name: String, _ value: PolicyField) -> [String] {
        switch value {
        case .mapping(let members) where !members.isEmpty:
            return ["\(name):"] + lines(members).map { "  " + $0 }
        case .list(let items) where !items.allSatisfy(isPlain):
            return ["\(name):"] + items.flatMap(item)
        default: return ["\(name): \(inline(value))"]
        }
    }

    private static func item(_ value: PolicyField) -> [String] {
        guard case .mapping(let members) = value, !members.isEmpty else { return ["  - \(inline(value))"] }
        return lines(members).enumerated().map { ($0.offset == 0 ? "  - " : "    ") + $0.element }
    }

    private static func isPlain(_ value: PolicyField) -> Bool {
        switch value {
        case .null, .flag, .whole, .number, .text: true
        case .list, .mapping: false
        }
    }

    private static func inline(_ value: PolicyField) -> String {
        switch value {
        case .null: "null"
        case .flag(let flag): String(flag)
        case .whole(let whole): String(whole)
        case .number(let number): number.description
        case .text(let text): self.text(text)
        case .list(let items): "[\(items.map(inline).joined(separator: ", "))]"
        case .mapping(let members):
            "{\(members.sorted { $0.key < $1.key }.map { "\(text($0.key)): \(inline($0.value))" }.joined(separator: ", "))}"
        }
    }

    /// In quotes where a reader would take it for something else.
    private static func text(_ text: String) -> String {
        let plain = text.utf8.allSatisfy { byte in
            (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
                || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
                || (byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")) || byte == UInt8(ascii: "_")
                || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
        }
        let isWord =
            text.first?.isLetter == true && !["true", "false", "null", "yes", "no"].contains(text.lowercased())
        if plain, isWord { return text }
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"\(escaped)\""
    }
}
