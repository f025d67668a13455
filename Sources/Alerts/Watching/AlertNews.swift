import Journal
import Webhooks

/// What has become of an alert, as one unit of work: its record, its audit event, and the messages that tell of it.
struct AlertNews: Sendable {
    /// Who the server is in the audit where it watches.
    static let principal = Principal(id: "slipway")

    let place: AlertPlace
    let targets: [DeliveryTarget]
    let newID: @Sendable () -> String

    struct Answer: Codable, Sendable {
        var alert: Int
        /// Whether there was anything to tell, and it was.
        var isTold: Bool
        /// The deliveries, one for each target.
        var deliveries: [Int]
    }

    var mutation: Mutation { Mutation(principal: Self.principal, space: place.space, idempotency: nil) }

    func begun(_ answer: Answer) -> [(id: Int, target: DeliveryTarget)] {
        zip(answer.deliveries, targets).map { ($0, $1) }
    }

    func fire(
        _ rule: AlertRule, _ evidence: AlertEvidence, in transaction: any AlertTransaction
    ) throws -> Change<Answer> {
        // The one that fires stays the one that fires, whatever was lost of what this server knew of it.
        if let known = try transaction.firingAlert(space: place.space, endpoint: place.endpoint, rule: rule.name) {
            return Change(Answer(alert: known.number, isTold: known.isNotified, deliveries: []), event: nil)
        }
        var alert = Alert(
            number: try transaction.nextAlert(space: place.space), space: place.space, endpoint: place.endpoint,
            rule: rule.name, kind: rule.kind, state: .firing, firedAt: transaction.time, resolvedAt: nil,
            resolution: "", evidence: evidence, isNotified: false, acknowledgement: nil)
        let isSilent = try isSilenced(alert, in: transaction)
        alert.isNotified = !isSilent && !targets.isEmpty
        try transaction.insert(alert)
        let kept = alert.isNotified ? try send("fired", alert, in: transaction) : []
        return Change(
            Answer(alert: alert.number, isTold: alert.isNotified, deliveries: kept),
            event: AuditDraft(
                action: "alert.fired", subject: place.endpoint,
                detail: [
                    "alert": String(alert.number), "rule": rule.name, "kind": rule.kind.rawValue,
                    "evidence": evidence.summary,
                ].merging(evidence.version.map { ["version": String($0)] } ?? [:]) { $1 }))
    }

    func resolve(_ number: Int, why: String, in transaction: any AlertTransaction) throws -> Change<Answer> {
        guard var alert = try transaction.alert(number, space: place.space), alert.state == .firing else {
            return Change(Answer(alert: number, isTold: false, deliveries: []), event: nil)
        }
        alert.state = .resolved
        alert.resolvedAt = transaction.time
        alert.resolution = why
        try transaction.update(alert)
        // Who was not told that it fires need not hear that it does not.
        let isTold = try alert.isNotified && !isSilenced(alert, in: transaction)
        let kept = isTold ? try send("resolved", alert, in: transaction) : []
        return Change(
            Answer(alert: number, isTold: isTold, deliveries: kept),
            event: AuditDraft(
                action: "alert.resolved", subject: place.endpoint,
                detail: [
                    "alert": String(number), "rule": alert.rule, "kind": alert.kind.rawValue, "reason": why,
                ]))
    }

    /// Whether an alert that nobody was told of is to be told of now.
    func mayTell(_ number: Int, in transaction: any AlertTransaction) throws -> Bool {
        guard let alert = try transaction.alert(number, space: place.space), alert.state == .firing else { return true }
        return try !isSilenced(alert, in: transaction)
    }

    func tell(_ number: Int, in transaction: any AlertTransaction) throws -> Change<Answer> {
        guard var alert = try transaction.alert(number, space: place.space), alert.state == .firing,
            !alert.isNotified, alert.acknowledgement == nil
        else { return Change(Answer(alert: number, isTold: true, deliveries: []), event: nil) }
        guard try !isSilenced(alert, in: transaction) else {
            return Change(Answer(alert: number, isTold: false, deliveries: []), event: nil)
        }
        alert.isNotified = true
        try transaction.update(alert)
        let kept = try send("fired", alert, in: transaction)
        return Change(Answer(alert: number, isTold: true, deliveries: kept), event: nil)
    }

    private func isSilenced(_ alert: Alert, in transaction: any AlertTransaction) throws -> Bool {
        try transaction.activeSilences(space: place.space).contains {
            $0.covers(endpoint: alert.endpoint, rule: alert.rule, at: transaction.time)
        }
    }

    private func send(_ what: String, _ alert: Alert, in transaction: any AlertTransaction) throws -> [Int] {
        try targets.map { target in
            let event = CloudEvent(what, alert, id: newID(), at: transaction.time)
            return try transaction.enqueue(event, to: target, space: place.space)
        }
    }
}
