import Documents
import Foundation
package import Journal

/// One event of the audit chain, as webhooks tell of it.
package struct LifecycleEvent: Sendable {
    package let audit: AuditEvent
    package let detail: [String: String]
    /// Without `slipway.`.
    package let type: String

    package init(_ audit: AuditEvent) {
        self.audit = audit
        detail = (try? JSONDecoder().decode([String: String].self, from: Data(audit.detail.utf8))) ?? [:]
        type = LifecycleEventTypes.type(of: audit.action, detail: detail)
    }

    /// The same for the same event, however often it is read; another chain has other hashes.
    package var id: String { "audit-\(audit.sequence)-\(audit.hash.prefix(16))" }

    private var noun: String { audit.action.split(separator: ".").first.map(String.init) ?? "" }

    /// Whose webhooks may get it; those of the whole server get everything. A promotion is seen in both of its spaces.
    package func isSeen(in space: String) -> Bool {
        if audit.space == space { return true }
        return noun == "promotion" && (detail["from"] == space || detail["to"] == space)
    }

    /// - Parameter told: what the room that it is of says of it beside the audit.
    package func cloudEvent(telling told: CloudEvent?) -> CloudEvent {
        var data: [String: DocumentValue] = [:]
        if case .mapping(let members)? = told?.data { data = members }
        let audited: [String: DocumentValue] = [
            "action": .text(audit.action), "subject": .text(SecretText.hidden(in: audit.subject)),
            "space": .text(audit.space), "by": .text(audit.principal), "sequence": .whole(audit.sequence),
            "generation": .whole(audit.generation.number),
            "detail": .mapping(detail.mapValues { .text(SecretText.hidden(in: $0)) }),
        ]
        data.merge(audited) { _, audit in audit }
        return CloudEvent(
            id: id, source: told?.source ?? source, type: LifecycleEventTypes.prefix + type,
            subject: told?.subject ?? subject, time: audit.at, data: .mapping(data))
    }

    private var source: String { audit.space.isEmpty ? "/api/v1" : "/api/v1/spaces/\(audit.space)" }

    /// What it is about, within the source. Events about one thing have one subject: they are sent in their order.
    private var subject: String {
        let name = SecretText.hidden(in: audit.subject)
        switch noun {
        case "deployment", "rollout", "monitor", "retraining", "ledger": return "deployments/" + name
        case "alert": return "alerts/" + (detail["alert"] ?? name)
        case "silence": return "silences/" + (detail["silence"] ?? name)
        case "promotion": return "promotions/" + (detail["promotion"] ?? name)
        case "version":
            let parts = name.split(separator: ":", maxSplits: 1)
            return parts.count == 2 ? "models/\(parts[0])/versions/\(parts[1])" : "models/\(name)"
        case "storage", "server", "tracking": return noun + "/" + name
        case "repository": return "repositories/" + name
        case "alias": return "aliases/" + name
        case "run": return "runs/" + (detail["run"] ?? name)
        default: return noun + "s/" + name
        }
    }
}
