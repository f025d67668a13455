package import Documents
package import Journal

/// How an endpoint is watched, as one immutable revision. An endpoint without one is watched as the sections have it by
/// themselves: revision 0, an empty document.
package struct MonitorSpecification: Sendable, Hashable {
    /// 1, 2, 3 ... for each endpoint.
    package var revision: Int
    package var document: DocumentValue
    package var setAt: Timestamp?
    package var setBy: String?

    package init(
        revision: Int = 0, document: DocumentValue = .mapping([:]), setAt: Timestamp? = nil, setBy: String? = nil
    ) {
        self.revision = revision
        self.document = document
        self.setAt = setAt
        self.setBy = setBy
    }

    /// What stands in it for a section.
    package func section(_ name: String) -> DocumentValue? {
        guard case .mapping(let members) = document else { return nil }
        return members[name]
    }
}

/// The specification of one endpoint, as it is found in the database.
package struct PlacedSpecification: Sendable, Hashable {
    package var space: String
    package var endpoint: String
    package var specification: MonitorSpecification

    package init(space: String, endpoint: String, specification: MonitorSpecification) {
        self.space = space
        self.endpoint = endpoint
        self.specification = specification
    }
}

/// What Monitors needs of the database.
package protocol MonitorTransaction {
    /// Whether something is deployed at the endpoint now.
    func isDeployed(_ endpoint: String, space: String) throws -> Bool
    /// `nil` where none was ever set.
    func monitor(of endpoint: String, space: String) throws -> MonitorSpecification?
    /// Newest first, those below `before`, at most `limit`.
    func monitorRevisions(
        of endpoint: String, space: String, before: Int?, limit: Int
    ) throws -> [MonitorSpecification]
    /// Of each endpoint of each space, the one of now.
    func monitors() throws -> [PlacedSpecification]
    func insertMonitor(
        _ specification: MonitorSpecification, of endpoint: String, space: String, by principal: Principal) throws
}

/// Where Monitors keeps what it remembers.
package typealias MonitorUnitOfWork = any UnitOfWork<any MonitorTransaction>
