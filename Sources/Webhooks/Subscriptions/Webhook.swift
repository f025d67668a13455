package import Journal

/// Somebody who is told of what happens: in one space, or in the whole server.
package struct Webhook: Sendable, Hashable {
    /// Why it gets nothing, since when, and who said so.
    package struct Pause: Sendable, Hashable {
        package let at: Timestamp
        package let by: String
        package let reason: String

        package init(at: Timestamp, by: String, reason: String) {
            self.at = at
            self.by = by
            self.reason = reason
        }
    }

    /// Among those of all spaces.
    package let id: Int
    package let name: String
    /// `nil` for the whole server.
    package let space: String?
    package var target: WebhookTarget
    package var events: EventFilter
    /// 1, 2, 3 ... with each change of the two above.
    package var revision: Int
    package var pause: Pause?
    /// The last audit event that was enqueued for it, or passed over.
    package var cursor: Int
    /// Since when no attempt has arrived; `nil` while they do.
    package var failingSince: Timestamp?
    package var lastDeliveredAt: Timestamp?
    /// What the last attempt came to that did not arrive; empty once one has.
    package var lastFailure: String
    package let createdAt: Timestamp
    package let createdBy: String

    package init(
        id: Int, name: String, space: String?, target: WebhookTarget, events: EventFilter, revision: Int, pause: Pause?,
        cursor: Int, failingSince: Timestamp?, lastDeliveredAt: Timestamp?, lastFailure: String, createdAt: Timestamp,
        createdBy: String
    ) {
        self.id = id
        self.name = name
        self.space = space
        self.target = target
        self.events = events
        self.revision = revision
        self.pause = pause
        self.cursor = cursor
        self.failingSince = failingSince
        self.lastDeliveredAt = lastDeliveredAt
        self.lastFailure = lastFailure
        self.createdAt = createdAt
        self.createdBy = createdBy
    }

    package var isPaused: Bool { pause != nil }

    /// Where its key comes from and its deliveries are listed; empty for the whole server, as no space is called.
    package var scope: String { space ?? "" }

    func wants(_ event: LifecycleEvent) -> Bool {
        guard !event.audit.action.isEmpty, space.map(event.isSeen(in:)) ?? true else { return false }
        return events.matches(event.type)
    }

    /// What the audit says of it: never what may be a secret in its address.
    func audited(_ action: String, _ further: [String: String] = [:]) -> AuditDraft {
        var detail = further
        detail["target"] = target.shown
        detail["events"] = events.patterns.joined(separator: ",")
        detail["secret"] = target.secret
        return AuditDraft(action: action, subject: name, detail: detail)
    }
}

/// A webhook with what is still on its way to it.
package struct WebhookStanding: Sendable, Hashable {
    package let webhook: Webhook
    /// Deliveries that wait.
    package let pending: Int

    package init(webhook: Webhook, pending: Int) {
        self.webhook = webhook
        self.pending = pending
    }
}
