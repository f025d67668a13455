#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What an audit event says besides: a JSON object of strings.
enum EventDetail {
    /// `name=value` for each member, in order; digests by their first twelve digits.
    static func text(_ text: String) -> String {
        guard let members = try? JSONDecoder().decode([String: String].self, from: Data(text.utf8)) else { return text }
        return members.filter { !$0.value.isEmpty }.sorted { $0.key < $1.key }.map { name, value in
            "\(name)=\(value.utf8.count == 64 ? String(value.prefix(12)) : value)"
        }.joined(separator: " ")
    }
}
