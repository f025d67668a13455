package import Journal

/// What Governance needs of the database.
package protocol SpaceTransaction {
    /// `nil` when there is none of this name.
    func space(_ name: String) throws -> SpaceSummary?
    /// In the order of names, those after `after`, at most `limit`.
    func spaces(after: String?, limit: Int) throws -> [SpaceSummary]
}

/// Where Governance keeps what it remembers.
package typealias SpaceUnitOfWork = any UnitOfWork<any SpaceTransaction>
