public import ManagementAPI
import NIOHTTP1

/// Whose webhooks are meant: those of the client's space, or those of the whole server, for its owners.
public enum WebhookScope: Sendable, Hashable {
    case space, server
}

/// Webhooks, and what became of their events.
extension SlipwayClient {
    /// One page of webhooks, by name; `after` is the `next` of the page before.
    public func webhooks(
        of scope: WebhookScope = .space, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<WebhookInfo> {
        try await receive(page(.get(webhookPath(scope, "/webhooks"), "list the webhooks"), limit, after))
    }

    public func webhook(_ name: String, of scope: WebhookScope = .space) async throws(ClientError) -> WebhookInfo {
        try await receive(.get(path(name, scope), "show webhook \(name)"))
    }

    @discardableResult
    public func createWebhook(
        _ request: WebhookRequest, of scope: WebhookScope = .space
    ) async throws(ClientError) -> WebhookInfo {
        var call = Call.change(.POST, webhookPath(scope, "/webhooks"), "make webhook \(request.name)")
        call.body = try encode(request)
        return try await receive(call)
    }

    /// Changes what `update` names.
    ///
    /// - Parameter ifRevision: refuse unless this is the current revision.
    @discardableResult
    public func updateWebhook(
        _ name: String, _ update: WebhookUpdate, of scope: WebhookScope = .space, ifRevision: Int? = nil
    ) async throws(ClientError) -> WebhookInfo {
        var call = Call.change(.PUT, path(name, scope), "change webhook \(name)")
        if let ifRevision { call.headers.append(("if-match", "\"\(ifRevision)\"")) }
        call.body = try encode(update)
        return try await receive(call)
    }

    /// Keeps its events back until it is resumed.
    @discardableResult
    public func pauseWebhook(
        _ name: String, reason: String? = nil, of scope: WebhookScope = .space
    ) async throws(ClientError) -> WebhookInfo {
        var call = Call.change(.POST, path(name, scope) + "/pause", "pause webhook \(name)")
        call.body = try encode(EndRequest(reason: reason))
        return try await receive(call)
    }

    /// Lets it have events again, from where it stopped.
    ///
    /// - Parameter fromNow: pass over what happened while it was paused.
    @discardableResult
    public func resumeWebhook(
        _ name: String, fromNow: Bool = false, of scope: WebhookScope = .space
    ) async throws(ClientError) -> WebhookInfo {
        var call = Call.change(.POST, path(name, scope) + "/resume", "resume webhook \(name)")
        call.body = try encode(WebhookResumeRequest(fromNow: fromNow))
        return try await receive(call)
    }

    /// Removes it with the log of its deliveries.
    public func deleteWebhook(_ name: String, of scope: WebhookScope = .space) async throws(ClientError) {
        _ = try await accepted(.change(.DELETE, path(name, scope), "delete webhook \(name)"))
    }

    /// Sends a test, once; waits for what comes of it.
    public func testWebhook(_ name: String, of scope: WebhookScope = .space) async throws(ClientError) -> DeliveryInfo {
        try await receive(.change(.POST, path(name, scope) + "/test", "test webhook \(name)"))
    }

    /// One page of events that went out or wait, newest first.
    ///
    /// - Parameters:
    ///   - name: of a webhook; all of the scope unless given.
    ///   - state: `pending`, `delivered` or `failed`; all unless given.
    public func webhookDeliveries(
        of name: String? = nil, state: String? = nil, in scope: WebhookScope = .space, limit: Int? = nil,
        after: String? = nil
    ) async throws(ClientError) -> Page<DeliveryInfo> {
        var call = page(.get(webhookPath(scope, "/webhook-deliveries"), "list the deliveries"), limit, after)
        if let name { call.query.append(("webhook", name)) }
        if let state { call.query.append(("state", state)) }
        return try await receive(call)
    }

    /// One delivery, with the event as it was sent.
    public func webhookDelivery(
        _ number: Int, in scope: WebhookScope = .space
    ) async throws(ClientError) -> DeliveryInfo {
        try await receive(.get(webhookPath(scope, "/webhook-deliveries/\(number)"), "show delivery \(number)"))
    }

    /// Sends the event of a delivery again, under its own id; gives the new delivery.
    @discardableResult
    public func redeliver(_ number: Int, in scope: WebhookScope = .space) async throws(ClientError) -> DeliveryInfo {
        try await receive(
            .change(
                .POST, webhookPath(scope, "/webhook-deliveries/\(number)/redeliver"), "send delivery \(number) again"))
    }

    /// The secret that webhooks of the whole server are signed with where they name none.
    public func serverWebhookSecret() async throws(ClientError) -> WebhookSecretInfo {
        try await receive(.get(webhookPath(.server, "/webhook-secret"), "show the webhook secret"))
    }

    private func webhookPath(_ scope: WebhookScope, _ rest: String) -> String {
        scope == .server ? "/api/v1" + rest : spacePath(rest)
    }

    private func path(_ name: String, _ scope: WebhookScope) -> String {
        webhookPath(scope, "/webhooks/\(ServerAddress.encode(name))")
    }
}
