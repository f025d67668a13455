package import Journal
import Webhooks

/// Which messages are to be kept back, and until when.
package struct SilenceOrder: Sendable, Hashable {
    package var endpoint: String?
    package var rule: String?
    /// Seconds from now, or a moment; one of the two.
    package var seconds: Int?
    package var until: Timestamp?
    package var reason: String

    package init(endpoint: String?, rule: String?, seconds: Int?, until: Timestamp?, reason: String) {
        self.endpoint = endpoint
        self.rule = rule
        self.seconds = seconds
        self.until = until
        self.reason = reason
    }

    fileprivate func validate() throws(ControlError) {
        if let endpoint { try Name.validate(endpoint, field: "endpoint") }
        if let rule { try Name.validate(rule, field: "rule") }
        try AlertService.check(reason, "reason")
        guard (seconds == nil) != (until == nil) else {
            throw ControlError(
                .invalid, "a silence needs either 'seconds' or 'until'", field: seconds == nil ? "seconds" : "until",
                hint: "seconds: 3600, or until: 2026-03-01T09:30:00Z")
        }
        if let seconds { try Self.check(seconds, "seconds") }
    }

    /// The end, by the clock of the transaction.
    fileprivate func end(_ now: Timestamp) throws(ControlError) -> Timestamp {
        if let seconds { return Timestamp(microseconds: now.microseconds + seconds * 1_000_000) }
        let end = until ?? now
        guard end > now else { throw ControlError(.invalid, "'until' is in the past: \(end)", field: "until") }
        let left = end.microseconds.subtractingReportingOverflow(now.microseconds)
        try Self.check(left.overflow ? .max : left.partialValue / 1_000_000, "until")
        return end
    }

    private static func check(_ seconds: Int, _ field: String) throws(ControlError) {
        guard seconds <= AlertService.longestSilence, seconds > 0 || field == "until" else {
            throw ControlError(
                .invalid,
                "'\(field)' must be from 1 second to \(AlertService.longestSilence / 86_400) days, got \(seconds) s",
                field: field, hint: "silence it again when that is over, or switch the rule off in the monitor")
        }
    }

    fileprivate var canonical: [String] {
        [endpoint ?? "", rule ?? "", seconds.map { String($0) } ?? "", until?.description ?? "", reason]
    }
}

extension AlertService {
    /// Keeps messages back from now on. Alerts fire and end all the same; one that still fires when the silence is over is
    /// told of then.
    package func silence(
        _ order: SilenceOrder, space: String, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> Silence {
        try order.validate()
        let mutation = Mutation(
            principal: principal, space: space,
            idempotency: try Idempotency.make(idempotencyKey, ["silence.create", space] + order.canonical))
        let committed = try await store.commit(mutation) { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            let silence = Silence(
                number: try transaction.nextSilence(space: space), space: space, endpoint: order.endpoint,
                rule: order.rule, until: try order.end(transaction.time), reason: order.reason,
                createdBy: principal.id, createdAt: transaction.time, endedAt: nil)
            try transaction.insert(silence)
            return Change(silence.number, event: Self.event("silence.created", silence))
        }
        return try await silence(committed.answer, space: space)
    }

    /// Ends a silence before its time.
    package func endSilence(
        _ number: Int, space: String, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> Silence {
        let mutation = Mutation(
            principal: principal, space: space,
            idempotency: try Idempotency.make(idempotencyKey, ["silence.end", space, String(number)]))
        _ = try await store.commit(mutation) { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            guard let silence = try transaction.silence(number, space: space) else {
                throw Self.noSilence(number, space)
            }
            guard silence.isActive(at: transaction.time) else { return Change(number, event: nil) }
            try transaction.endSilence(number, space: space)
            return Change(number, event: Self.event("silence.ended", silence))
        }
        return try await silence(number, space: space)
    }

    /// Newest first; `after` is the number that the page before ended with.
    package func silences(
        space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<(silence: Silence, isActive: Bool)> {
        let limit = PageLimit.clamp(limit)
        let before = try Self.number(after)
        let found = try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            return try transaction.silences(space: space, before: before, limit: limit + 1)
                .map { (silence: $0, isActive: $0.isActive(at: transaction.time)) }
        }
        return Page.cut(found, limit: limit) { String($0.silence.number) }
    }

    private func silence(_ number: Int, space: String) async throws(ControlError) -> Silence {
        try await store.read { transaction in
            guard let silence = try transaction.silence(number, space: space) else {
                throw Self.noSilence(number, space)
            }
            return silence
        }
    }

    private static func noSilence(_ number: Int, _ space: String) -> ControlError {
        ControlError(
            .notFound, "there is no silence \(number) in space '\(space)'", field: "silence",
            hint: "slipway alert silences shows those there are")
    }

    private static func event(_ action: String, _ silence: Silence) -> AuditDraft {
        var detail = ["silence": String(silence.number), "until": silence.until.description, "reason": silence.reason]
        detail["rule"] = silence.rule
        return AuditDraft(action: action, subject: silence.endpoint ?? "*", detail: detail)
    }
}
