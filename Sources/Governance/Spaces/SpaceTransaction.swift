package import Journal

/// What stands in the way of removing a space.
package struct SpaceContents: Sendable, Hashable {
    /// Endpoints that are deployed there.
    package var endpoints: [String]
    /// Models that were first pushed there, and so belong to it.
    package var models: [String]
    /// Open promotions into it or out of it.
    package var promotions: [Int]

    package init(endpoints: [String] = [], models: [String] = [], promotions: [Int] = []) {
        self.endpoints = endpoints
        self.models = models
        self.promotions = promotions
    }
}

/// One revision of a space's policy, with who made it.
package struct PolicyRevision: Sendable, Hashable {
    package let policy: SpacePolicy
    package let setAt: Timestamp
    package let setBy: String

    package init(policy: SpacePolicy, setAt: Timestamp, setBy: String) {
        self.policy = policy
        self.setAt = setAt
        self.setBy = setBy
    }
}

/// What Governance needs of the database for spaces.
package protocol SpaceTransaction {
    /// `nil` when there is none of this name.
    func space(_ name: String) throws -> SpaceSummary?
    /// In the order of names, those after `after`, at most `limit`.
    func spaces(after: String?, limit: Int) throws -> [SpaceSummary]

    func insertSpace(_ name: String, by principal: Principal) throws
    /// At most `limit` of each kind.
    func contents(of space: String, limit: Int) throws -> SpaceContents
    /// Takes the name from the space for ever; what happened in it stays on record. A later space of that name has nothing
    /// to do with it.
    func removeSpace(_ name: String) throws

    /// Newest first, those below `before`, at most `limit`.
    func policyRevisions(of space: String, before: Int?, limit: Int) throws -> [PolicyRevision]
}

/// Where Governance keeps what it remembers.
package typealias SpaceUnitOfWork = any UnitOfWork<any SpaceTransaction>
