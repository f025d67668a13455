import Journal
package import Serving

/// Which version of an endpoint a request names beside its path: by the header `slipway-variant` or the one of that name
/// that the rollout chose, or the same in gRPC's metadata.
package enum VariantChoice {
    /// The header and metadata key that always names a variant.
    package static let header = TrafficPlan.defaultVariantHeader

    /// Why there is no such variant.
    package enum Refusal: Error, Sendable {
        /// Nothing here has that name; the text says what has.
        case unknown(String)
        /// Two places of the request name different ones.
        case contradiction(String)
    }

    /// The header that names a variant of `endpoint` besides `header`; `nil` where there is no other.
    package static func ownHeader(of endpoint: Endpoint, in plane: DataPlane) -> String? {
        let name = routed(endpoint, in: plane).traffic?.plan.variantHeader
        return name == header ? nil : name
    }

    /// - Parameters:
    ///   - endpoint: what the path names: an endpoint, or one variant of it.
    ///   - names: what headers or metadata say, in any order; empty when they say nothing.
    package static func find(
        _ names: [String], of endpoint: Endpoint, in plane: DataPlane
    ) throws(Refusal) -> Endpoint {
        var chosen: Endpoint?
        for name in names {
            guard let found = routed(endpoint, in: plane).labelled(name) else {
                throw .unknown(
                    "endpoint '\(endpoint.entry.name)' has no variant '\(Name.excerpt(of: name))'; it has "
                        + routed(endpoint, in: plane).labelsText)
            }
            if let chosen, chosen !== found {
                let all = names.map { "'\(Name.excerpt(of: $0))'" }.joined(separator: " and ")
                throw .contradiction("the request names the variants \(all), which are two")
            }
            chosen = found
        }
        guard let chosen, endpoint.variant != nil else { return chosen ?? endpoint }
        guard chosen === endpoint || chosen.traffic != nil else {
            throw .contradiction(
                "the path means version \(endpoint.versionText), and the variant '\(Name.excerpt(of: names[0]))' is version "
                    + chosen.versionText)
        }
        return endpoint
    }

    /// The endpoint that callers address, of which `endpoint` may be a variant.
    private static func routed(_ endpoint: Endpoint, in plane: DataPlane) -> Endpoint {
        guard endpoint.variant != nil else { return endpoint }
        return plane.endpoint(space: endpoint.entry.space, name: endpoint.entry.name) ?? endpoint
    }
}
