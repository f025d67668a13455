import Alerts
import Deployments
import Gateway
import Governance
import Hummingbird
import Journal
import ManagementAPI
import Webhooks

extension ManagementInterface {
    func alerts(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let query = call.request.uri.queryParameters
        var state: Alert.State?
        if let text = query["state"] {
            guard let word = Alert.State(rawValue: String(text)) else {
                throw ControlError(
                    .invalid, "state must be firing or resolved, got '\(Name.excerpt(of: String(text)))'",
                    field: "state",
                    hint: "what is pending is among an endpoint's rules: slipway alert rules ENDPOINT")
            }
            state = word
        }
        let filter = AlertFilter(space: call.space, state: state, endpoint: query["endpoint"].map(String.init))
        let list = try await services.alerts.desk.list(filter, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(AlertInfo.init), next: list.next))
    }

    /// The alerts that fire at these endpoints, newest first; as many as one page has.
    func firingAlerts(of deployments: [DeploymentInfo]) async throws -> [AlertInfo] {
        let seen = Set(deployments.map { AlertPlace(space: $0.space, endpoint: $0.endpoint) })
        var found: [AlertInfo] = []
        for firing in services.alerts.watch.firing where seen.contains(firing.place) {
            guard found.count < PageLimit.maximum else { break }
            found.append(AlertInfo(try await services.alerts.desk.show(firing.alert, space: firing.place.space)))
        }
        return found.sorted { ($1.firedAt, $1.endpoint) < ($0.firedAt, $0.endpoint) }
    }

    func alert(_ call: ManagementRequest) async throws -> Response {
        try .json(AlertInfo(try await services.alerts.desk.show(try call.alertNumber("alert"), space: call.space)))
    }

    func acknowledgeAlert(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(AcknowledgeRequest.self, schema: "AcknowledgeRequest")
        let alert = try await services.alerts.desk.acknowledge(
            try call.alertNumber("alert"), space: call.space, comment: order?.comment ?? "",
            principal: call.principal, idempotencyKey: call.idempotencyKey)
        return try .json(AlertInfo(alert))
    }

    func alertDeliveries(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.alerts.deliveries.list(space: call.space, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(DeliveryInfo.init), next: list.next))
    }

    func alertRules(_ call: ManagementRequest) async throws -> Response {
        // Throws `notFound` for a name at which nothing is deployed.
        _ = try await services.deployments.show(call.name, space: call.space)
        let rules = await services.alerts.watch.rules(space: call.space, endpoint: call.name)
        return try .json(ManagementAPI.Page(items: rules.map(AlertRuleInfo.init), next: nil))
    }

    func testAlerts(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(AlertTestRequest.self, schema: "AlertTestRequest")
        let targets: [DeliveryTarget]
        switch (order.webhook, order.endpoint) {
        case (let url?, nil): targets = [.webhook(try WebhookTarget(url: url, secret: order.secret))]
        case (nil, let endpoint?):
            guard order.secret == nil else {
                throw ControlError(.invalid, "'secret' belongs to a 'webhook'", field: "secret")
            }
            _ = try await services.deployments.show(endpoint, space: call.space)
            targets = services.alerts.watch.targets(of: AlertPlace(space: call.space, endpoint: endpoint))
            guard !targets.isEmpty else {
                throw ControlError(
                    .conflict, "nobody is told of alerts of '\(endpoint)'", field: "endpoint",
                    hint: "name who is under alerts.notify of its monitor, or in the server's setting alert_webhook")
            }
        case (nil, nil), (_?, _?):
            throw ControlError(
                .invalid, "either 'endpoint' or 'webhook' says what is to be tested",
                field: order.webhook == nil ? "endpoint" : "webhook")
        }
        var tested: [DeliveryInfo] = []
        for target in targets {
            tested.append(
                DeliveryInfo(
                    try await services.alerts.desk.test(
                        target, space: call.space, principal: call.principal, now: services.rollouts.now)))
        }
        return try .json(ManagementAPI.Page(items: tested, next: nil))
    }

    func silences(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.alerts.desk.silences(space: call.space, after: after, limit: limit)
        return try .json(
            ManagementAPI.Page(
                items: list.items.map { SilenceInfo($0.silence, isActive: $0.isActive) }, next: list.next))
    }

    func createSilence(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(SilenceRequest.self, schema: "SilenceRequest")
        var until: Timestamp?
        if let text = order.until {
            guard let moment = Timestamp(text) else {
                throw ControlError(
                    .invalid, "until must be a moment in UTC, got '\(Name.excerpt(of: text))'", field: "until",
                    hint: "for example 2026-03-01T09:30:00Z")
            }
            until = moment
        }
        let silence = try await services.alerts.desk.silence(
            SilenceOrder(
                endpoint: order.endpoint, rule: order.rule, seconds: order.seconds, until: until,
                reason: order.reason ?? ""),
            space: call.space, principal: call.principal, idempotencyKey: call.idempotencyKey)
        return try .json(SilenceInfo(silence, isActive: silence.endedAt == nil), status: .created)
    }

    func endSilence(_ call: ManagementRequest) async throws -> Response {
        let silence = try await services.alerts.desk.endSilence(
            try call.alertNumber("silence"), space: call.space, principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(SilenceInfo(silence, isActive: false))
    }

    func webhookSecret(_ call: ManagementRequest) async throws -> Response {
        _ = try await services.spaces.show(call.space)
        let key = services.alerts.secrets.key(ofSpace: call.space)
        return try .json(WebhookSecretInfo(space: call.space, secret: WebhookSignature.text(of: key)))
    }
}

extension ManagementRequest {
    /// The number of an alert or a silence in the path.
    fileprivate func alertNumber(_ what: String) throws(ControlError) -> Int {
        guard let text = match.version, let number = Int(text), number > 0 else {
            throw ControlError(
                .notFound, "there is no \(what) '\(Name.excerpt(of: match.version ?? ""))': they are numbered from 1",
                field: what)
        }
        return number
    }
}
