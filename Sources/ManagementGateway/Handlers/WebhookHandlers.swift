import Deployments
import Gateway
import Hummingbird
import Identity
import Journal
import ManagementAPI
import Webhooks

/// Webhooks of a space, and those of the whole server: the same answers at two places, each with its permission.
extension ManagementInterface {
    func webhooks(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.alerts.webhooks.list(space: call.webhookSpace, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(WebhookInfo.init), next: list.next))
    }

    func webhook(_ call: ManagementRequest) async throws -> Response {
        let found = try await services.alerts.webhooks.show(call.webhookName, space: call.webhookSpace)
        return try Response.json(WebhookInfo(found)).tagged(revision: found.webhook.revision)
    }

    func createWebhook(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(WebhookRequest.self, schema: "WebhookRequest")
        let made = try await services.alerts.webhooks.create(
            order.name, target: try WebhookTarget(url: order.url, secret: order.secret, field: "url"),
            events: try EventFilter(order.events ?? []), space: call.webhookSpace, principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try Response.json(WebhookInfo(made), status: .created).tagged(revision: made.webhook.revision)
    }

    func updateWebhook(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(WebhookUpdate.self, schema: "WebhookUpdate")
        let now = try await services.alerts.webhooks.update(
            call.webhookName, url: order.url, secret: order.secret,
            events: try order.events.map { try EventFilter($0) },
            space: call.webhookSpace, principal: call.principal, idempotencyKey: call.idempotencyKey,
            ifMatch: try call.ifMatch())
        return try Response.json(WebhookInfo(now)).tagged(revision: now.webhook.revision)
    }

    func deleteWebhook(_ call: ManagementRequest) async throws -> Response {
        let known = try? await services.alerts.webhooks.show(call.webhookName, space: call.webhookSpace)
        try await services.alerts.webhooks.delete(
            call.webhookName, space: call.webhookSpace, principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        // A repetition finds nothing any more, and is as good.
        guard let known else { return try .json([String: String]()) }
        return try .json(WebhookInfo(known))
    }

    func pauseWebhook(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(EndRequest.self, schema: "EndRequest")
        let now = try await services.alerts.webhooks.pause(
            call.webhookName, reason: order?.reason ?? "", space: call.webhookSpace, principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(WebhookInfo(now))
    }

    func resumeWebhook(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(WebhookResumeRequest.self, schema: "WebhookResumeRequest")
        let now = try await services.alerts.webhooks.resume(
            call.webhookName, fromNow: order?.fromNow ?? false, space: call.webhookSpace, principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(WebhookInfo(now))
    }

    func testWebhook(_ call: ManagementRequest) async throws -> Response {
        let delivery = try await services.alerts.webhooks.test(
            call.webhookName, space: call.webhookSpace, principal: call.principal, now: services.rollouts.now)
        return try .json(DeliveryInfo(delivery))
    }

    func webhookDeliveries(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let query = call.request.uri.queryParameters
        var state: Delivery.State?
        if let text = query["state"] {
            guard let word = Delivery.State(rawValue: String(text)) else {
                let words = Delivery.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw ControlError(
                    .invalid, "state must be one of \(words), got '\(Name.excerpt(of: String(text)))'", field: "state")
            }
            state = word
        }
        let list = try await services.alerts.webhooks.log(
            WebhookDeliveryQuery(space: call.webhookSpace, webhook: query["webhook"].map(String.init), state: state),
            after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(DeliveryInfo.init), next: list.next))
    }

    func webhookDelivery(_ call: ManagementRequest) async throws -> Response {
        let delivery = try await services.alerts.webhooks.delivery(
            try call.deliveryNumber(), space: call.webhookSpace)
        var info = DeliveryInfo(delivery)
        info.body = delivery.body
        return try .json(info)
    }

    func redeliverWebhook(_ call: ManagementRequest) async throws -> Response {
        let again = try await services.alerts.webhooks.redeliver(
            try call.deliveryNumber(), space: call.webhookSpace, principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(DeliveryInfo(again), status: .created)
    }

    func serverWebhookSecret() throws -> Response {
        let key = services.alerts.secrets.key(ofSpace: "")
        return try .json(WebhookSecretInfo(space: "", secret: WebhookSignature.text(of: key)))
    }
}

extension ManagementRequest {
    /// `nil` where the whole server's webhooks are meant.
    fileprivate var webhookSpace: String? { route.permission == .manageServerWebhooks ? nil : space }

    fileprivate var webhookName: String { match.other ?? "" }

    fileprivate func deliveryNumber() throws(ControlError) -> Int {
        guard let text = match.version, let number = Int(text), number > 0 else {
            throw ControlError(
                .notFound, "there is no delivery '\(Name.excerpt(of: match.version ?? ""))': they are numbered from 1",
                field: "delivery")
        }
        return number
    }
}
