package import Governance
package import Journal
package import Serving

/// What the database knows under an endpoint's name.
package struct EndpointRecord: Sendable, Hashable {
    /// Of the last revision, whatever it did.
    package let lastRevision: Int
    /// `nil` after a deletion.
    package let live: Deployment?

    package init(lastRevision: Int, live: Deployment?) {
        self.lastRevision = lastRevision
        self.live = live
    }
}

/// A revision that is about to be stored.
package struct RevisionDraft: Sendable, Hashable {
    package var endpoint: String
    package var space: String
    /// The endpoint's last revision and one; 1 for a new name.
    package var number: Int
    package var action: Revision.Action
    package var model: String
    package var version: Int
    package var options: EndpointOptions
    package var reason: String
    package var origin: RevisionOrigin

    package init(
        endpoint: String, space: String, number: Int, action: Revision.Action, model: String, version: Int,
        options: EndpointOptions, reason: String, origin: RevisionOrigin = RevisionOrigin()
    ) {
        self.endpoint = endpoint
        self.space = space
        self.number = number
        self.action = action
        self.model = model
        self.version = version
        self.options = options
        self.reason = reason
        self.origin = origin
    }
}

/// What Deployments needs of the database.
package protocol DeploymentTransaction: RolloutTransaction, OutcomeTransaction {
    func hasSpace(_ name: String) throws -> Bool
    /// What the space demands of its deployments; `nil` when there is no such space.
    func policy(of space: String) throws -> SpacePolicy?
    /// Makes it what the space demands, under its revision; those before it are kept.
    func setPolicy(_ policy: SpacePolicy, of space: String, by principal: Principal) throws
    /// The entry that would serve this version; `nil` when the version is not available in the space. `number` `nil` means
    /// the latest that is.
    func entry(
        endpoint: String, space: String, model: String, number: Int?, revision: Int, options: EndpointOptions
    ) throws -> EndpointEntry?
    /// The id of who pushed a version.
    func pusher(of model: String, version: Int) throws -> String
    /// `nil` for a name that was never deployed in the space.
    func endpoint(_ name: String, space: String) throws -> EndpointRecord?
    /// Appends a revision and makes it the endpoint's current one.
    func append(_ draft: RevisionDraft, by principal: Principal) throws
    /// In the order of names, those after `after`, at most `limit`.
    func deployments(space: String, after: String?, limit: Int) throws -> [Deployment]
    /// Newest first.
    func revisions(endpoint: String, space: String) throws -> [Revision]
    /// The last revision that was there at `time`; `nil` before the first.
    func revision(endpoint: String, space: String, at time: Timestamp) throws -> Revision?
    /// Everything that serves, in every space, with the generation it belongs to.
    func snapshot() throws -> ServingSnapshot
}

/// Where Deployments keeps what it remembers.
package typealias DeploymentUnitOfWork = any UnitOfWork<any DeploymentTransaction>
