package import Serving

/// What a space demands of everything that is deployed in it.
package struct SpacePolicy: Sendable, Hashable, Codable {
    /// `nil` demands nothing: each deployment may choose.
    package var isolation: Isolation?
    /// 0 before it was first set, then 1, 2, 3 ...
    package var revision: Int

    package init(isolation: Isolation? = nil, revision: Int = 0) {
        self.isolation = isolation
        self.revision = revision
    }

    /// Where a model runs whose deployment wants `option`, and who decided: the space goes before the deployment, so that
    /// a demand also holds for what was deployed before it.
    package func isolation(wanted option: Isolation?) -> (Isolation, IsolationReason) {
        if let isolation { return (isolation, .space) }
        if let option { return (option, .deployment) }
        return (.shared, .standard)
    }
}
