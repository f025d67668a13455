public import ManagementAPI
import NIOHTTP1

/// Alerts, silences and their messages.
extension SlipwayClient {
    /// One page of the space's alerts, newest first; `after` is the `next` of the page before.
    ///
    /// - Parameter state: `firing` or `resolved`; all unless given.
    public func alerts(
        state: String? = nil, endpoint: String? = nil, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<AlertInfo> {
        var call = page(.get(spacePath("/alerts"), "list the alerts"), limit, after)
        if let state { call.query.append(("state", state)) }
        if let endpoint { call.query.append(("endpoint", endpoint)) }
        return try await receive(call)
    }

    public func alert(_ number: Int) async throws(ClientError) -> AlertInfo {
        try await receive(.get(spacePath("/alerts/\(number)"), "show alert \(number)"))
    }

    /// Says that somebody looks after an alert that fires.
    @discardableResult
    public func acknowledge(_ number: Int, comment: String? = nil) async throws(ClientError) -> AlertInfo {
        var call = Call.change(.POST, spacePath("/alerts/\(number)/acknowledge"), "acknowledge alert \(number)")
        call.body = try encode(AcknowledgeRequest(comment: comment))
        return try await receive(call)
    }

    /// The rules that watch an endpoint, and what each says now.
    public func alertRules(of endpoint: String) async throws(ClientError) -> Page<AlertRuleInfo> {
        try await receive(
            .get(
                spacePath("/deployments/\(ServerAddress.encode(endpoint))/alert-rules"),
                "show the alert rules of \(endpoint)"))
    }

    /// One page of silences, newest first.
    public func silences(limit: Int? = nil, after: String? = nil) async throws(ClientError) -> Page<SilenceInfo> {
        try await receive(page(.get(spacePath("/silences"), "list the silences"), limit, after))
    }

    /// Keeps messages back for a while.
    @discardableResult
    public func silence(_ request: SilenceRequest) async throws(ClientError) -> SilenceInfo {
        var call = Call.change(.POST, spacePath("/silences"), "silence alerts")
        call.body = try encode(request)
        return try await receive(call)
    }

    /// Ends a silence before its time.
    @discardableResult
    public func endSilence(_ number: Int) async throws(ClientError) -> SilenceInfo {
        try await receive(.change(.DELETE, spacePath("/silences/\(number)"), "end silence \(number)"))
    }

    /// One page of messages, newest first.
    public func alertDeliveries(
        limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<DeliveryInfo> {
        try await receive(page(.get(spacePath("/alerts/deliveries"), "list the messages"), limit, after))
    }

    /// Sends a test to a webhook, or to whom an endpoint's alerts go; waits for one attempt each.
    public func testAlerts(_ request: AlertTestRequest) async throws(ClientError) -> Page<DeliveryInfo> {
        var call = Call.change(.POST, spacePath("/alerts/test"), "send a test")
        call.body = try encode(request)
        return try await receive(call)
    }

    /// The secret that webhooks of the space are signed with where they name none.
    public func webhookSecret() async throws(ClientError) -> WebhookSecretInfo {
        try await receive(.get(spacePath("/webhook-secret"), "show the webhook secret"))
    }
}
