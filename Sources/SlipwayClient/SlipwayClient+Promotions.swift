public import ManagementAPI
import NIOHTTP1

/// Promotions. Those of another space than the client's are asked for with `space`.
extension SlipwayClient {
    /// Asks that a version of `source` becomes available in `target`; its gates begin at once.
    public func promote(
        model: String, version: Int, from source: String? = nil, to target: String, reason: String? = nil
    ) async throws(ClientError) -> PromotionInfo {
        var call = Call.change(.POST, promotionsPath(source), "promote \(model):\(version) to \(target)")
        call.body = try encode(PromotionRequest(model: model, version: version, to: target, reason: reason))
        return try await receive(call)
    }

    /// One page of the promotions into the space and out of it, newest first; `after` is the `next` of the page before.
    ///
    /// - Parameter onlyOpen: leaves out those that have ended.
    public func promotions(
        model: String? = nil, version: Int? = nil, onlyOpen: Bool = false, space: String? = nil, limit: Int? = nil,
        after: String? = nil
    ) async throws(ClientError) -> Page<PromotionInfo> {
        var call = page(.get(promotionsPath(space), "list the promotions"), limit, after)
        if let model { call.query.append(("model", model)) }
        if let version { call.query.append(("version", String(version))) }
        if onlyOpen { call.query.append(("open", "true")) }
        return try await receive(call)
    }

    /// One promotion with its evidence.
    public func promotion(_ number: Int, space: String? = nil) async throws(ClientError) -> PromotionInfo {
        try await receive(.get(promotionPath(number, space), "show promotion \(number)"))
    }

    /// Approves of a promotion into the space. The answer says whether it counts: when the evidence was out of date, the
    /// gates run again instead.
    public func approve(
        promotion number: Int, comment: String? = nil, space: String? = nil
    ) async throws(ClientError) -> ApprovalAnswer {
        var call = Call.change(.POST, promotionPath(number, space) + "/approve", "approve promotion \(number)")
        call.body = try encode(ApprovalRequest(comment: comment))
        return try await receive(call)
    }

    /// Rejects a promotion into the space.
    public func reject(
        promotion number: Int, reason: String, space: String? = nil
    ) async throws(ClientError) -> PromotionInfo {
        var call = Call.change(.POST, promotionPath(number, space) + "/reject", "reject promotion \(number)")
        call.body = try encode(EndRequest(reason: reason))
        return try await receive(call)
    }

    /// Takes one's own promotion back.
    public func withdraw(
        promotion number: Int, reason: String? = nil, space: String? = nil
    ) async throws(ClientError) -> PromotionInfo {
        var call = Call.change(.POST, promotionPath(number, space) + "/withdraw", "withdraw promotion \(number)")
        call.body = try encode(EndRequest(reason: reason))
        return try await receive(call)
    }

    /// Says how a check went that another system made for a promotion into the space.
    public func report(
        check: String, of number: Int, _ report: CheckReport, space: String? = nil
    ) async throws(ClientError) -> PromotionInfo {
        let path = promotionPath(number, space) + "/checks/\(ServerAddress.encode(check))"
        var call = Call.change(.POST, path, "report the check \(check)")
        call.body = try encode(report)
        return try await receive(call)
    }

    /// Why the endpoint serves what it serves, and what blocks the next version.
    public func why(_ endpoint: String) async throws(ClientError) -> WhyReport {
        try await receive(
            .get(spacePath("/deployments/\(ServerAddress.encode(endpoint))/why"), "say why \(endpoint) is as it is"))
    }

    private func promotionsPath(_ space: String?) -> String {
        "/api/v1/spaces/\(ServerAddress.encode(space ?? self.space))/promotions"
    }

    private func promotionPath(_ number: Int, _ space: String?) -> String { promotionsPath(space) + "/\(number)" }
}
