import Journal

/// Says what an attempt to deliver means for a webhook. Pure.
enum WebhookHealth {
    /// Notes the outcome, and pauses a webhook that wants no more or has failed for too long: what waits for it then waits
    /// until somebody resumes it, and is not lost. Gives the audit event of the pause.
    ///
    /// - Parameter pauseAfter: seconds.
    static func note(
        _ outcome: DeliveryOutcome, of webhook: inout Webhook, at now: Timestamp, pauseAfter: Int
    ) -> AuditDraft? {
        guard outcome.verdict != .delivered else {
            webhook.failingSince = nil
            webhook.lastFailure = ""
            webhook.lastDeliveredAt = now
            return nil
        }
        let since = webhook.failingSince ?? now
        webhook.failingSince = since
        webhook.lastFailure = outcome.text
        guard !webhook.isPaused else { return nil }
        let why: String
        if outcome.verdict == .refused {
            why = outcome.text
        } else {
            let failing = now.microseconds.subtractingReportingOverflow(since.microseconds)
            guard !failing.overflow, failing.partialValue / 1_000_000 >= pauseAfter else { return nil }
            why = "nothing has arrived since \(since): \(outcome.text)"
        }
        webhook.pause = Webhook.Pause(at: now, by: Principal.server.id, reason: why)
        return webhook.audited("webhook.pause", ["reason": why])
    }
}
