import Journal
import Serving

/// Finds the endpoint that a path names, in the snapshot of now.
enum EndpointLookup {
    /// Fails with 404 for an unknown endpoint, and for a version that is not the one behind it.
    static func find(_ match: RouteMatch, in plane: DataPlane) throws(HTTPFault) -> Endpoint {
        guard let endpoint = plane.endpoint(space: match.space, name: match.name) else {
            throw HTTPFault(
                .notFound,
                "there is no endpoint '\(match.name)' in space '\(match.space)'; GET /v2/models lists those there are")
        }
        if let version = match.version, version != endpoint.versionText {
            throw HTTPFault(
                .notFound,
                "endpoint '\(match.name)' serves version \(endpoint.versionText), not \(Name.excerpt(of: version))")
        }
        if let label = match.other, isTensorFlow(match), !labels.contains(label) {
            throw HTTPFault(.notFound, "endpoint '\(match.name)' has the labels 'stable' and 'latest', not '\(label)'")
        }
        return endpoint
    }

    /// What TensorFlow Serving's paths may call the one version behind an endpoint.
    private static let labels: Set<String> = ["stable", "latest"]

    private static func isTensorFlow(_ match: RouteMatch) -> Bool {
        switch match.route.id {
        case .tensorFlowStatus, .tensorFlowMetadata, .tensorFlowPredict: true
        default: false
        }
    }
}
