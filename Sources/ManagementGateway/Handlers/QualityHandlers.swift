import Deployments
import HTTPTypes
import Hummingbird
import Journal
import ManagementAPI
import NIOCore
import Quality
import Serving

/// How good an endpoint's predictions turned out to be, and the truth that says so.
extension ManagementInterface {
    /// Takes one item a line by its content type, else one JSON document. All of the body is read before any of it counts.
    func feedback(_ call: ManagementRequest) async throws -> Response {
        // Throws `notFound` for a name at which nothing was ever deployed.
        _ = try await services.deployments.history(call.name, space: call.space)
        try services.quality.beginFeedback()
        defer { services.quality.endFeedback() }
        var reader = FeedbackReader(call.feedbackFormat)
        var size = 0
        for try await piece in call.request.body {
            size += piece.readableBytes
            guard size <= FeedbackReader.largestBody else {
                throw ControlError(
                    .tooLarge, "the body is larger than \(FeedbackReader.largestBody) bytes",
                    hint: "send it in several requests: none of it was taken")
            }
            try piece.withUnsafeReadableBytes { try reader.take($0) }
        }
        try reader.finish()
        var receipt = try await services.quality.accept(reader.items, space: call.space, endpoint: call.name)
        receipt.add(refusals: reader.refusals)
        return try .json(FeedbackAnswer(receipt))
    }

    func quality(_ call: ManagementRequest) async throws -> Response {
        let query = try call.qualityQuery()
        _ = try await services.deployments.history(call.name, space: call.space)
        let report = try await services.quality.report(space: call.space, endpoint: call.name, query)
        return try .json(QualityInfo(report, endpoint: call.name, space: call.space))
    }
}

extension ManagementRequest {
    fileprivate var feedbackFormat: FeedbackReader.Format {
        let type = (request.headers[.contentType] ?? "").lowercased()
        return ["ndjson", "jsonl", "jsonlines"].contains { type.contains($0) } ? .lines : .document
    }

    fileprivate func qualityQuery() throws(ControlError) -> QualityQuery {
        var query = QualityQuery()
        for (name, value) in request.uri.queryParameters {
            let (name, value) = (String(name), String(value))
            switch name {
            case "rows": query.rows = try Self.number(value, name, QualitySettings.Window.rowRange)
            case "hours": query.hours = try Self.number(value, name, QualitySettings.Window.hourRange)
            case "version": query.version = try Self.number(value, name, 1...Int(Int32.max))
            default:
                throw ControlError(
                    .invalid, "the query has '\(Name.excerpt(of: name))', which means nothing here",
                    field: Name.excerpt(of: name), hint: "there are rows, hours and version")
            }
        }
        return query
    }

    private static func number(
        _ text: String, _ field: String, _ range: ClosedRange<Int>
    ) throws(ControlError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            throw ControlError(
                .invalid,
                "\(field) must be from \(range.lowerBound) to \(range.upperBound), got '\(Name.excerpt(of: text))'",
                field: field)
        }
        return number
    }
}
