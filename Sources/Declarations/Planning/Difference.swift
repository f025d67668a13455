package import Documents
import Foundation
package import ManagementAPI

/// What is different between two documents, for people to read.
package enum Difference {
    /// A line for each place that differs, in the order of their names.
    package static func lines(from old: DocumentValue, to new: DocumentValue, at path: String = "") -> [String] {
        guard old != new else { return [] }
        guard case .mapping(let before) = old, case .mapping(let after) = new else {
            return ["\(path.isEmpty ? "all of it" : path): \(words(old)) -> \(words(new))"]
        }
        return Set(before.keys).union(after.keys).sorted().flatMap { name in
            lines(
                from: before[name] ?? .null, to: after[name] ?? .null, at: path.isEmpty ? name : "\(path).\(name)")
        }
    }

    private static func words(_ value: DocumentValue) -> String {
        guard value != .null else { return "nothing" }
        let text = value.line
        return text.count > 160 ? text.prefix(157) + "..." : text
    }

    /// Options as a document, without those that are as nobody set them.
    package static func document(of options: DeploymentOptions) -> DocumentValue {
        guard let all = value(options), let standard = value(DeploymentOptions.standard),
            case .mapping(let members) = all, case .mapping(let usual) = standard
        else { return .mapping([:]) }
        return DocumentValue.mapping(members.filter { $0.value != usual[$0.key] }).canonical
    }

    private static func value(_ options: DeploymentOptions) -> DocumentValue? {
        guard let data = try? JSONEncoder().encode(options) else { return nil }
        return try? JSONDecoder().decode(DocumentValue.self, from: data)
    }
}
