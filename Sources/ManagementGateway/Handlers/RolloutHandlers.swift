import Deployments
import Gateway
import Hummingbird
import Journal
import ManagementAPI

extension ManagementInterface {
    /// Takes YAML by its content type, else JSON.
    func startRollout(_ call: ManagementRequest) async throws -> Response {
        let document = try await call.policyDocument("rollout")
        let rollout = try await services.rollouts.start(
            call.name, space: call.space, document: document, principal: call.principal,
            idempotencyKey: call.idempotencyKey, ifMatch: try call.ifMatch())
        if let trace = call.trace {
            services.traces.note(
                trace.context, trace.state, space: call.space, endpoint: call.name, rollout: rollout.number)
        }
        return try .json(try await info(of: rollout), status: .created)
    }

    func rollouts(_ call: ManagementRequest, of endpoint: String?) async throws -> Response {
        let (limit, after) = try call.page()
        let filter = RolloutFilter(space: call.space, endpoint: endpoint, onlyOpen: try call.flag("open") ?? false)
        let list = try await services.rollouts.list(filter, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(RolloutInfo.init), next: list.next))
    }

    func rollout(_ call: ManagementRequest) async throws -> Response {
        try .json(
            RolloutInfo(
                try await services.rollouts.show(
                    call.name, space: call.space, number: try call.rolloutNumber())))
    }

    func pauseRollout(_ call: ManagementRequest) async throws -> Response {
        let (order, number) = try await decision(call)
        let rollout = try await services.rollouts.pause(
            call.name, space: call.space, number: number, reason: order.reason ?? "", principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: rollout))
    }

    func resumeRollout(_ call: ManagementRequest) async throws -> Response {
        let (_, number) = try await decision(call)
        let rollout = try await services.rollouts.resume(
            call.name, space: call.space, number: number, principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: rollout))
    }

    func promoteRollout(_ call: ManagementRequest) async throws -> Response {
        let (order, number) = try await decision(call)
        let rollout = try await services.rollouts.promote(
            call.name, space: call.space, number: number, variant: order.variant, reason: order.reason ?? "",
            principal: call.principal, idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: rollout))
    }

    func abortRollout(_ call: ManagementRequest) async throws -> Response {
        let (order, number) = try await decision(call)
        let rollout = try await services.rollouts.abort(
            call.name, space: call.space, number: number, reason: order.reason ?? "", principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: rollout))
    }

    func approveRollout(_ call: ManagementRequest) async throws -> Response {
        let (order, number) = try await decision(call)
        let rollout = try await services.rollouts.approve(
            call.name, space: call.space, number: number, comment: order.reason ?? "", principal: call.principal,
            roles: call.roles, idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: rollout))
    }

    func rejectRollout(_ call: ManagementRequest) async throws -> Response {
        let (order, number) = try await decision(call)
        let rollout = try await services.rollouts.reject(
            call.name, space: call.space, number: number, reason: order.reason ?? "", principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(try await info(of: rollout))
    }

    func rollBack(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(RollbackRequest.self, schema: "RollbackRequest")
        let deployment = try await services.deployments.rollBack(
            call.name, space: call.space, to: order?.to, reason: order?.reason ?? "", principal: call.principal,
            idempotencyKey: call.idempotencyKey, ifMatch: try call.ifMatch())
        return try Response.json(info(of: deployment)).tagged(revision: deployment.revision)
    }

    /// What was live at `at`, or is now.
    func live(_ call: ManagementRequest) async throws -> Response {
        var time: Timestamp?
        if let text = call.request.uri.queryParameters["at"] {
            guard let found = Timestamp(String(text)) else {
                throw ControlError(
                    .invalid, "at must be a moment, got '\(Name.excerpt(of: String(text)))'", field: "at",
                    hint: "RFC 3339 in UTC, as 2026-03-01T09:30:00Z")
            }
            time = found
        }
        let at = time ?? services.rollouts.now
        let record = try await services.rollouts.live(call.name, space: call.space, at: at)
        return try .json(LiveInfo(record, endpoint: call.name, space: call.space, at: at))
    }

    private func decision(_ call: ManagementRequest) async throws -> (RolloutDecision, Int?) {
        let order = try await call.optionalDocument(RolloutDecision.self, schema: "RolloutDecision")
        return (order ?? RolloutDecision(), try call.rolloutNumber())
    }

    private func info(of rollout: Rollout) async throws -> RolloutInfo {
        RolloutInfo(try await services.rollouts.view(rollout))
    }
}

extension ManagementRequest {
    /// The number of a rollout in the path; `nil` for the open one.
    func rolloutNumber() throws(ControlError) -> Int? {
        let text = match.version ?? ""
        if text == "open" { return nil }
        guard let number = Int(text), number > 0 else {
            throw ControlError(
                .notFound, "there is no rollout '\(Name.excerpt(of: text))': they are numbered from 1",
                field: "rollout",
                hint: "'open' is the one that is open")
        }
        return number
    }
}
