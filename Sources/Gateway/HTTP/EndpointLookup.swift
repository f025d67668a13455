import Journal
package import Serving

/// Finds the endpoint that a caller names, in the snapshot of now.
package enum EndpointLookup {
    /// There is no such endpoint, or another version is behind it; the text says which.
    package struct NotFound: Error, Sendable {
        package let message: String
        /// Whether it may be there in a moment: the server has just started.
        package let isTemporary: Bool

        init(message: String) {
            self.message = message
            isTemporary = false
        }

        init(starting name: String) {
            message = "endpoint '\(Name.excerpt(of: name))' is not there yet: the server starts and loads its models"
            isTemporary = true
        }

        package init(name: String, space: String) {
            message =
                "there is no endpoint '\(Name.excerpt(of: name))' in space '\(Name.excerpt(of: space))'; "
                + "GET /v2/models lists those there are"
            isTemporary = false
        }
    }

    /// - Parameter version: the one that must be behind the endpoint, or a label; `nil` or empty for whichever is.
    package static func find(
        space: String, name: String, version: String?, in plane: DataPlane
    ) throws(NotFound) -> Endpoint {
        guard let endpoint = plane.endpoint(space: space, name: name) else {
            throw plane.isReady ? NotFound(name: name, space: space) : NotFound(starting: name)
        }
        guard let version, !version.isEmpty else { return endpoint }
        return try find(version, of: endpoint)
    }

    /// What answers at `endpoint` under a label.
    private static func find(_ label: String, of endpoint: Endpoint) throws(NotFound) -> Endpoint {
        if let found = endpoint.labelled(label) { return found }
        let (name, label) = (endpoint.entry.name, Name.excerpt(of: label))
        let isNumber = label.utf8.allSatisfy { (0x30...0x39).contains($0) }
        if endpoint.traffic == nil, isNumber {
            throw NotFound(message: "endpoint '\(name)' serves version \(endpoint.versionText), not \(label)")
        }
        let what = isNumber ? "version" : "label"
        throw NotFound(message: "endpoint '\(name)' has no \(what) '\(label)'; it has \(endpoint.labelsText)")
    }

    /// Fails with 404 for an unknown endpoint, and for a version that is not the one behind it.
    static func find(_ match: RouteMatch, in plane: DataPlane) throws(HTTPFault) -> Endpoint {
        let label = match.version ?? (isTensorFlow(match) ? match.other : nil)
        do throws(NotFound) {
            return try find(space: match.space, name: match.name, version: label, in: plane)
        } catch {
            guard error.isTemporary else { throw HTTPFault(.notFound, error.message) }
            throw HTTPFault(.unavailable, error.message, fields: [("retry-after", "1")])
        }
    }

    private static func isTensorFlow(_ match: RouteMatch) -> Bool {
        switch match.route.id {
        case .tensorFlowStatus, .tensorFlowMetadata, .tensorFlowPredict: true
        default: false
        }
    }
}
