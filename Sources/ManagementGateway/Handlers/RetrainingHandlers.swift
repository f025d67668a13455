import Deployments
import Gateway
import Hummingbird
import Journal
import ManagementAPI
import Retraining

extension ManagementInterface {
    func retrainingRules(_ call: ManagementRequest) async throws -> Response {
        // Throws `notFound` for a name at which nothing was ever deployed.
        _ = try await services.deployments.history(call.name, space: call.space)
        let rules = try await services.retraining.rules(call.name, space: call.space)
        return try .json(
            RetrainingInfo(endpoint: call.name, space: call.space, rules: rules.map(RetrainingRuleInfo.init)))
    }

    func startRetraining(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(RetrainingRequest.self, schema: "RetrainingRequest")
        _ = try await services.deployments.history(call.name, space: call.space)
        let run = try await services.retraining.start(
            call.name, space: call.space, rule: order?.rule, reason: order?.reason ?? "", principal: call.principal,
            idempotencyKey: call.idempotencyKey)
        return try .json(RetrainingRunInfo(run), status: .created)
    }

    func retrainingRuns(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let query = call.request.uri.queryParameters
        let filter = RunFilter(
            space: call.space, endpoint: query["endpoint"].map(String.init), rule: query["rule"].map(String.init),
            onlyOpen: try call.flag("open") ?? false)
        let list = try await services.retraining.list(filter, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(RetrainingRunInfo.init), next: list.next))
    }

    func retrainingRun(_ call: ManagementRequest) async throws -> Response {
        try .json(RetrainingRunInfo(try await services.retraining.show(try call.runNumber(), space: call.space)))
    }

    func retrainingLog(_ call: ManagementRequest) async throws -> Response {
        var bytes = 64 << 10
        if let text = call.request.uri.queryParameters["bytes"] {
            guard let number = Int(text), (1...(16 << 20)).contains(number) else {
                throw ControlError(
                    .invalid, "bytes must be from 1 to \(16 << 20), got '\(Name.excerpt(of: String(text)))'",
                    field: "bytes")
            }
            bytes = number
        }
        let number = try call.runNumber()
        let log = try await services.retraining.log(number, space: call.space, lastBytes: bytes)
        return try .json(RetrainingLogInfo(run: number, bytes: log.bytes, text: log.text))
    }

    func cancelRetraining(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.optionalDocument(EndRequest.self, schema: "EndRequest")
        let run = try await services.retraining.cancel(
            try call.runNumber(), space: call.space, reason: order?.reason ?? "", principal: call.principal)
        return try .json(RetrainingRunInfo(run))
    }

    func reportRetraining(_ call: ManagementRequest) async throws -> Response {
        let report = try await call.document(RetrainingReport.self, schema: "RetrainingReport")
        let run = try await services.retraining.report(
            try call.runNumber(), space: call.space, succeeded: report.succeeded, message: report.message ?? "",
            principal: call.principal)
        return try .json(RetrainingRunInfo(run))
    }
}

extension ManagementRequest {
    /// The number of a retraining run in the path.
    fileprivate func runNumber() throws(ControlError) -> Int {
        let text = match.version ?? ""
        guard let number = Int(text), number > 0 else {
            throw ControlError(
                .notFound, "there is no retraining run '\(Name.excerpt(of: text))': they are numbered from 1",
                field: "run")
        }
        return number
    }
}
