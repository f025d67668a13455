import Declarations
import Deployments
import Gateway
import HTTPTypes
import Hummingbird
import Journal
import ManagementAPI
import Monitoring
import NIOCore
import Quality
import Serving

/// An endpoint's ledger. It outlives the deployment, until its rows are too old.
extension ManagementInterface {
    func ledger(_ call: ManagementRequest) async throws -> Response {
        try await requireHistory(call)
        let report = try await services.ledger.report(space: call.space, endpoint: call.name)
        let options = services.dataPlane.endpoint(space: call.space, name: call.name)?.entry.options.ledger
        return try .json(
            LedgerInfo(
                endpoint: call.name, space: call.space, options: options.map(ManagementAPI.LedgerOptions.init),
                rows: report.rows, bytes: report.bytes, files: report.files, oldest: report.oldest?.description,
                newest: report.newest?.description, damaged: report.damaged,
                recorded: Int(clamping: report.counts.recorded),
                droppedQueue: Int(clamping: report.counts.droppedQueue),
                droppedDisk: Int(clamping: report.counts.droppedDisk)))
    }

    /// Rows as text that is made while it is sent.
    func exportLedger(_ call: ManagementRequest) async throws -> Response {
        let (format, query) = try Self.exportOrder(call)
        try await requireHistory(call)
        let export = try await services.ledger.export(
            space: call.space, endpoint: call.name, format: format, query: query)
        let body = ResponseBody { writer in
            while let piece = try await export?.next() { try await writer.write(piece) }
            try await writer.finish(nil)
        }
        let type = format == .csv ? "text/csv; charset=utf-8" : "application/jsonl"
        return Response(status: .ok, headers: [.contentType: type], body: body)
    }

    /// Who asked for it, and for which field, is in the audit before anything is deleted, and what came of it after; whose
    /// rows they were is not.
    func forgetLedger(_ call: ManagementRequest) async throws -> Response {
        let order = try await call.document(ForgetRequest.self, schema: "ForgetRequest")
        guard !order.field.isEmpty, order.field.utf8.count <= 1024 else {
            throw ControlError(.invalid, "'field' must be the name of an input or output", field: "field")
        }
        try await requireHistory(call)
        let field = Name.excerpt(of: order.field)
        try await services.deployments.note(
            AuditDraft(action: "ledger.forget", subject: call.name, detail: ["field": field]), space: call.space,
            principal: call.principal)
        let forgotten = try await services.quality.forget(
            space: call.space, endpoint: call.name, field: order.field, value: order.equals)
        try await services.deployments.note(
            AuditDraft(
                action: "ledger.forgotten", subject: call.name,
                detail: ["field": field, "rows": String(forgotten.rows)]), space: call.space,
            principal: call.principal)
        return try .json(
            ForgetAnswer(
                rows: forgotten.rows, withField: forgotten.withField, unreadable: forgotten.unreadable,
                damaged: forgotten.damaged))
    }

    /// Throws `notFound` for a name at which nothing was ever deployed.
    private func requireHistory(_ call: ManagementRequest) async throws {
        _ = try await services.deployments.history(call.name, space: call.space)
    }

    private static func exportOrder(
        _ call: ManagementRequest
    ) throws(ControlError) -> (LedgerFormat, LedgerQuery) {
        var format = LedgerFormat.jsonl
        var query = LedgerQuery()
        for (name, value) in call.request.uri.queryParameters {
            let (name, value) = (String(name), String(value))
            switch name {
            case "format":
                guard let known = LedgerFormat(rawValue: value) else {
                    throw refusal(name, "jsonl or csv", value)
                }
                format = known
            case "from": query.from = try moment(value, name)
            case "to": query.to = try moment(value, name)
            case "version":
                guard let number = Int(value), number > 0 else { throw refusal(name, "a number from 1", value) }
                query.version = number
            case "variant": query.variant = value
            case "errors":
                guard value == "true" || value == "false" else { throw refusal(name, "true or false", value) }
                query.errorsOnly = value == "true"
            default:
                throw ControlError(
                    .invalid, "the query has '\(Name.excerpt(of: name))', which means nothing here",
                    field: Name.excerpt(of: name), hint: "there are format, from, to, version, variant and errors")
            }
        }
        return (format, query)
    }

    private static func refusal(_ name: String, _ expected: String, _ value: String) -> ControlError {
        ControlError(.invalid, "\(name) must be \(expected), got '\(Name.excerpt(of: value))'", field: name)
    }

    private static func moment(_ text: String, _ field: String) throws(ControlError) -> Timestamp {
        guard let moment = Timestamp(text) else {
            throw ControlError(
                .invalid, "\(field) must be a moment in UTC, got '\(Name.excerpt(of: text))'", field: field,
                hint: "for example 2026-03-01 or 2026-03-01T09:30:00Z")
        }
        return moment
    }
}
