import Deployments
import Drift
import Hummingbird
import Journal
import ManagementAPI
import Serving

/// How far an endpoint has gone from its reference. It outlives the deployment, as its series does.
extension ManagementInterface {
    func drift(_ call: ManagementRequest) async throws -> Response {
        var (version, windows): (Int?, Int?)
        for (name, value) in call.request.uri.queryParameters {
            let (name, value) = (String(name), String(value))
            switch name {
            case "version": version = try Self.whole(value, name, 1...Int.max)
            case "windows": windows = try Self.whole(value, name, 1...DriftService.mostWindows)
            default:
                throw ControlError(
                    .invalid, "the query has '\(Name.excerpt(of: name))', which means nothing here",
                    field: Name.excerpt(of: name), hint: "there are version and windows")
            }
        }
        // Throws `notFound` for a name at which nothing was ever deployed.
        _ = try await services.deployments.history(call.name, space: call.space)
        let found = await services.drift.answer(
            space: call.space, endpoint: call.name, version: version, windows: windows ?? 0)
        return try .json(
            DriftInfo(
                endpoint: call.name, space: call.space,
                enabled: services.drift.isEnabled(space: call.space, endpoint: call.name),
                live: services.dataPlane.endpoint(space: call.space, name: call.name)?.entry.version,
                versions: found.map { DriftVersionInfo($0, withWindows: windows != nil) }))
    }

    private static func whole(_ text: String, _ field: String, _ range: ClosedRange<Int>) throws(ControlError) -> Int {
        guard let number = Int(text), range.contains(number) else {
            let expected = range.upperBound == .max ? "from 1" : "from 1 to \(range.upperBound)"
            throw ControlError(
                .invalid, "\(field) must be a number \(expected), got '\(Name.excerpt(of: text))'", field: field)
        }
        return number
    }
}
