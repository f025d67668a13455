package import Journal
package import Serving

/// What is meant to answer at an endpoint now. Whether it does is for the data plane to say.
package struct Deployment: Sendable, Hashable, Codable {
    package var endpoint: String
    package var space: String
    package var model: String
    package var version: Int
    /// The version's digest.
    package var digest: String
    /// The number of the revision that made it what it is.
    package var revision: Int
    package var options: EndpointOptions
    /// False after a repository unload.
    package var isLoaded: Bool
    /// Of the first revision.
    package var createdAt: Timestamp
    /// Of the current revision.
    package var updatedAt: Timestamp
    /// The id of who made the current revision, and why in their words; the reason may be empty.
    package var updatedBy: String
    package var reason: String
    /// True in the answer to a request that found everything as it asked for: no revision was made.
    package var isUnchanged: Bool

    package init(
        endpoint: String, space: String, model: String, version: Int, digest: String, revision: Int,
        options: EndpointOptions, isLoaded: Bool, createdAt: Timestamp, updatedAt: Timestamp, updatedBy: String,
        reason: String, isUnchanged: Bool = false
    ) {
        self.endpoint = endpoint
        self.space = space
        self.model = model
        self.version = version
        self.digest = digest
        self.revision = revision
        self.options = options
        self.isLoaded = isLoaded
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
        self.reason = reason
        self.isUnchanged = isUnchanged
    }
}

/// One numbered, immutable state of a deployment's specification.
package struct Revision: Sendable, Hashable, Codable {
    /// What made a revision.
    package enum Action: String, Sendable, Hashable, Codable {
        case deploy, delete, load, unload
        /// A rollout ended with its candidate.
        case promote
        /// It equals an earlier revision again.
        case rollback
    }

    /// 1, 2, 3 ... for each endpoint name, through deletions.
    package var number: Int
    package var action: Action
    package var model: String
    package var version: Int
    /// The version's digest.
    package var digest: String
    package var options: EndpointOptions
    package var createdAt: Timestamp
    package var createdBy: String
    package var reason: String
    package var origin: RevisionOrigin
    /// The promotion that brought the version into the space; `nil` for one that was pushed there.
    package var promotion: Int?
    /// Whether this is what the endpoint is now; none is after a deletion.
    package var isCurrent: Bool

    package init(
        number: Int, action: Action, model: String, version: Int, digest: String, options: EndpointOptions,
        createdAt: Timestamp, createdBy: String, reason: String, origin: RevisionOrigin = RevisionOrigin(),
        promotion: Int? = nil, isCurrent: Bool
    ) {
        self.number = number
        self.action = action
        self.model = model
        self.version = version
        self.digest = digest
        self.options = options
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.reason = reason
        self.origin = origin
        self.promotion = promotion
        self.isCurrent = isCurrent
    }
}

/// What led to a revision, beside who asked for it and why.
package struct RevisionOrigin: Sendable, Hashable, Codable {
    /// The rollout that made it, or watched it.
    package var rollout: Int?
    /// The earlier revision that it equals; `nil` for one that is no rollback.
    package var equals: Int?
    /// What it rests on, in a sentence; empty where nothing was measured.
    package var evidence: String

    package init(rollout: Int? = nil, equals: Int? = nil, evidence: String = "") {
        self.rollout = rollout
        self.equals = equals
        self.evidence = evidence
    }
}
