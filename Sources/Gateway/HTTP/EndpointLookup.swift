import Journal
package import Serving

/// Finds the endpoint that a caller names, in the snapshot of now.
package enum EndpointLookup {
    /// There is no such endpoint, or another version is behind it; the text says which.
    package struct NotFound: Error, Sendable {
        package let message: String

        init(message: String) {
            self.message = message
        }

        package init(name: String, space: String) {
            message =
                "there is no endpoint '\(Name.excerpt(of: name))' in space '\(Name.excerpt(of: space))'; "
                + "GET /v2/models lists those there are"
        }
    }

    /// - Parameter version: the one that must be behind the endpoint; `nil` or empty for whichever is.
    package static func find(
        space: String, name: String, version: String?, in plane: DataPlane
    ) throws(NotFound) -> Endpoint {
        guard let endpoint = plane.endpoint(space: space, name: name) else {
            throw NotFound(name: name, space: space)
        }
        if let version, !version.isEmpty, version != endpoint.versionText {
            throw NotFound(
                message: "endpoint '\(name)' serves version \(endpoint.versionText), not \(Name.excerpt(of: version))"
            )
        }
        return endpoint
    }

    /// Fails with 404 for an unknown endpoint, and for a version that is not the one behind it.
    static func find(_ match: RouteMatch, in plane: DataPlane) throws(HTTPFault) -> Endpoint {
        let endpoint: Endpoint
        do throws(NotFound) {
            endpoint = try find(space: match.space, name: match.name, version: match.version, in: plane)
        } catch {
            throw HTTPFault(.notFound, error.message)
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
