import Alerts
import Journal
import ManagementAPI
import Webhooks

/// From what Alerts and Webhooks know to what travels.
extension AlertInfo {
    init(_ alert: Alert) {
        self.init(
            alert: alert.number, space: alert.space, endpoint: alert.endpoint, rule: alert.rule,
            kind: alert.kind.rawValue, state: alert.state.rawValue, summary: alert.evidence.summary,
            firedAt: alert.firedAt.description, resolvedAt: alert.resolvedAt?.description,
            resolution: alert.state == .resolved ? alert.resolution : nil, version: alert.evidence.version,
            windowSeconds: alert.evidence.windowSeconds,
            figures: alert.evidence.figures.map {
                Figure(name: $0.name, value: $0.value, bound: $0.bound, unit: $0.unit)
            },
            links: alert.evidence.links.map { Link(title: $0.title, path: $0.path, command: $0.command) },
            notified: alert.isNotified, acknowledgedAt: alert.acknowledgement?.at.description,
            acknowledgedBy: alert.acknowledgement?.by, comment: alert.acknowledgement?.comment)
    }
}

extension AlertRuleInfo {
    init(_ status: RuleStatus) {
        self.init(
            rule: status.rule.name, kind: status.rule.kind.rawValue, state: status.state, alert: status.alert,
            forSeconds: status.rule.hold, resolveAfterSeconds: status.rule.resolveAfter, summary: status.summary)
    }
}

extension SilenceInfo {
    init(_ silence: Silence, isActive: Bool) {
        self.init(
            silence: silence.number, space: silence.space, endpoint: silence.endpoint, rule: silence.rule,
            until: silence.until.description, reason: silence.reason, createdBy: silence.createdBy,
            createdAt: silence.createdAt.description, endedAt: silence.endedAt?.description, active: isActive)
    }
}

extension DeliveryInfo {
    init(_ delivery: Delivery) {
        self.init(
            delivery: delivery.id, space: delivery.space, webhook: delivery.webhookName, event: delivery.event,
            type: delivery.type,
            subject: delivery.subject, target: delivery.target.shown, state: delivery.state.rawValue,
            attempts: delivery.attempts, outcome: delivery.outcome, status: delivery.status,
            createdAt: delivery.createdAt.description, lastAt: delivery.lastAt?.description,
            nextAt: delivery.nextAt?.description)
    }
}
