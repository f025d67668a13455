import Deployments
import Hummingbird
import Journal
import ManagementAPI
import Monitoring

/// What an endpoint did, over time. It outlives the deployment, until it is too old.
extension ManagementInterface {
    func series(_ call: ManagementRequest) async throws -> Response {
        let (query, metrics) = try seriesOrder(call)
        // Throws `notFound` for a name at which nothing was ever deployed.
        _ = try await services.deployments.history(call.name, space: call.space)
        let answer = try await services.series.answer(query, space: call.space, endpoint: call.name)
        return try .json(SeriesInfo(answer, space: call.space, endpoint: call.name, metrics: metrics))
    }

    private func seriesOrder(_ call: ManagementRequest) throws(ControlError) -> (SeriesQuery, Set<SeriesMetric>) {
        var (from, to, step, version): (Int?, Int?, Int?, Int?)
        var variant: String?
        var metrics: Set<SeriesMetric> = []
        for (name, value) in call.request.uri.queryParameters {
            let (name, value) = (String(name), String(value))
            switch name {
            case "from": from = try Self.seconds(value, name)
            case "to": to = try Self.seconds(value, name)
            case "step": step = try Self.number(value, name, "a number of seconds from 1")
            case "version": version = try Self.number(value, name, "a number from 1")
            case "variant": variant = value
            case "metric":
                for word in value.split(separator: ",", omittingEmptySubsequences: false) {
                    guard let metric = SeriesMetric(rawValue: String(word)) else {
                        let all = SeriesMetric.allCases.map(\.rawValue).joined(separator: ", ")
                        throw ControlError(
                            .invalid, "metric must be of \(all), got '\(Name.excerpt(of: String(word)))'", field: name)
                    }
                    metrics.insert(metric)
                }
            default:
                throw ControlError(
                    .invalid, "the query has '\(Name.excerpt(of: name))', which means nothing here",
                    field: Name.excerpt(of: name), hint: "there are from, to, step, metric, version and variant")
            }
        }
        let query = try SeriesQuery(
            from: from, to: to, step: step, version: version, variant: variant, now: services.series.now)
        return (query, metrics.isEmpty ? Set(SeriesMetric.allCases) : metrics)
    }

    private static func seconds(_ text: String, _ field: String) throws(ControlError) -> Int {
        guard let moment = Timestamp(text) else {
            throw ControlError(
                .invalid, "\(field) must be a moment in UTC, got '\(Name.excerpt(of: text))'", field: field,
                hint: "for example 2026-03-01 or 2026-03-01T09:30:00Z")
        }
        return moment.microseconds / 1_000_000
    }

    private static func number(_ text: String, _ field: String, _ expected: String) throws(ControlError) -> Int {
        guard let number = Int(text), number > 0 else {
            throw ControlError(.invalid, "\(field) must be \(expected), got '\(Name.excerpt(of: text))'", field: field)
        }
        return number
    }
}
