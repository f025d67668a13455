import Deployments
import Gateway
import HTTPTypes
import Hummingbird
import Journal
import ManagementAPI
import Monitoring
import NIOCore
import Registry
import Replay
import Serving

/// Predictions of a ledger made again by another version. The answer is lines of JSON, sent while they are made: rows where
/// they are wanted, how far it is about once a second, and the report at the end.
extension ManagementInterface {
    func replayLedger(_ call: ManagementRequest) async throws -> Response {
        let request = try await call.document(ReplayRequest.self, schema: "ReplayRequest")
        guard request.version > 0 else {
            throw ControlError(.invalid, "'version' is \(request.version), must be 1 or more", field: "version")
        }
        let query = try Self.replayQuery(request)
        guard let model = try await services.deployments.history(call.name, space: call.space).first?.model else {
            throw ControlError(.notFound, "nothing was ever deployed at '\(Name.excerpt(of: call.name))'")
        }
        let version = try await services.registry.version(model, number: request.version, space: call.space)
        let run = try await services.replays.start(
            ReplayOrder(
                space: call.space, endpoint: call.name, version: version, query: query,
                limit: request.limit ?? ReplayOrder.standardLimit, tolerance: ShadowPlan.Tolerance(request.tolerance),
                tolerances: (request.tolerances ?? [:]).mapValues { ShadowPlan.Tolerance($0) },
                listed: request.listed ?? ReplayOrder.standardListed, tellsRows: request.rows ?? false))
        let body = ResponseBody { writer in
            var telling = ReplayTelling(run)
            do {
                while let lines = try await telling.next() { try await writer.write(lines) }
            } catch {
                // The caller has left: what is under way need not come to its end.
                run.cancel()
                throw error
            }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: [.contentType: "application/jsonl"], body: body)
    }

    private static func replayQuery(_ request: ReplayRequest) throws(ControlError) -> LedgerQuery {
        var query = LedgerQuery(variant: request.variant)
        if let from = request.from { query.from = try replayMoment(from, "from") }
        if let to = request.to { query.to = try replayMoment(to, "to") }
        for version in request.versions ?? [] {
            guard version > 0 else {
                throw ControlError(.invalid, "'versions' has \(version), each must be 1 or more", field: "versions")
            }
            query.versions.insert(version)
        }
        return query
    }

    private static func replayMoment(_ text: String, _ field: String) throws(ControlError) -> Timestamp {
        guard let moment = Timestamp(text) else {
            throw ControlError(
                .invalid, "'\(field)' must be a moment in UTC, got '\(Name.excerpt(of: text))'", field: field,
                hint: "for example 2026-03-01 or 2026-03-01T09:30:00Z")
        }
        return moment
    }
}
