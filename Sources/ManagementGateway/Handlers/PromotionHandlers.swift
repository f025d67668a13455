import Deployments
import Gateway
import Governance
import Hummingbird
import Identity
import Journal
import ManagementAPI

extension ManagementInterface {
    func promote(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(PromotionRequest.self, schema: "PromotionRequest")
        let promotion = try await services.promotions.request(
            model: order.model, version: order.version, source: call.space, target: order.to,
            reason: order.reason ?? "", principal: call.principal, idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: promotion, call.space), status: .created)
    }

    func promotions(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let query = call.request.uri.queryParameters
        var filter = PromotionFilter(space: call.space, model: query["model"].map(String.init))
        if let text = query["version"] {
            guard let number = Int(text), number > 0 else {
                throw ControlError(
                    .invalid, "version must be a number from 1, got '\(Name.excerpt(of: String(text)))'",
                    field: "version")
            }
            filter.version = number
        }
        filter.onlyOpen = try call.flag("open") ?? false
        let list = try await services.promotions.list(filter, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(PromotionInfo.init), next: list.next))
    }

    func promotion(_ call: ManagementRequest) async throws -> Response {
        try .json(PromotionInfo(try await services.promotions.show(try call.promotionNumber(), space: call.space)))
    }

    func approvePromotion(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(ApprovalRequest.self, schema: "ApprovalRequest")
        let answer = try await services.promotions.approve(
            try call.promotionNumber(), space: call.space, comment: order?.comment ?? "", principal: call.principal,
            roles: call.roles, idempotencyKey: call.idempotencyKey)
        return try .json(
            ApprovalAnswer(counted: answer.counted, promotion: try await info(of: answer.promotion, call.space)))
    }

    func rejectPromotion(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(EndRequest.self, schema: "EndRequest")
        let promotion = try await services.promotions.reject(
            try call.promotionNumber(), space: call.space, reason: order.reason ?? "", principal: call.principal,
            roles: call.roles, idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: promotion, call.space))
    }

    func withdrawPromotion(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(EndRequest.self, schema: "EndRequest")
        let promotion = try await services.promotions.withdraw(
            try call.promotionNumber(), space: call.space, reason: order?.reason ?? "", principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: promotion, call.space))
    }

    func reportCheck(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(CheckReport.self, schema: "CheckReport")
        let result = try ExternalResult(passed: order.outcome == .passed, link: order.link, note: order.note)
        let promotion = try await services.promotions.report(
            try call.promotionNumber(), check: call.match.other ?? "", space: call.space, result: result,
            principal: call.principal, idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: promotion, call.space))
    }

    func why(_ call: ManagementRequest) async throws -> Response {
        let explanation = try await Explanations(
            deployments: services.deployments, promotions: services.promotions, retraining: services.retraining,
            gitRuns: services.gitRuns
        ).explain(call.name, space: call.space)
        return try .json(WhyReport(explanation))
    }

    private func info(of promotion: Promotion, _ space: String) async throws -> PromotionInfo {
        PromotionInfo(try await services.promotions.show(promotion.number, space: space))
    }
}

extension ManagementRequest {
    /// `true` or `false` in the query.
    func flag(_ name: String) throws(ControlError) -> Bool? {
        guard let text = request.uri.queryParameters[Substring(name)] else { return nil }
        guard let flag = Bool(String(text)) else {
            throw ControlError(
                .invalid, "\(name) must be true or false, got '\(Name.excerpt(of: String(text)))'", field: name)
        }
        return flag
    }

    /// What the caller is in the space of the path. Who need not say who they are is everything.
    var roles: [Role] {
        if caller === Caller.local { return Role.ofMembers }
        let limit = caller.key?.scope.roles
        return caller.roles(in: space).roles.filter { limit?.contains($0) ?? true }
    }

    /// The number of a promotion in the path.
    fileprivate func promotionNumber() throws(ControlError) -> Int {
        let text = match.version ?? ""
        guard let number = Int(text), number > 0 else {
            throw ControlError(
                .notFound, "there is no promotion '\(Name.excerpt(of: text))': they are numbered from 1",
                field: "promotion")
        }
        return number
    }
}
