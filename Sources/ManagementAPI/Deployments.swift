/// Makes a version answer at an endpoint.
public struct DeployRequest: Codable, Sendable, Hashable {
    public var model: String
    /// The latest version when absent.
    public var version: Int?
    /// All at the server's defaults when absent.
    public var options: DeploymentOptions?
    /// Free text for the history, 4096 bytes at most.
    public var reason: String?
    /// How long what served before waits to come back by itself if requests fail; 60 when absent, 0 for not at all.
    public var watchSeconds: Int?

    public init(
        model: String, version: Int? = nil, options: DeploymentOptions? = nil, reason: String? = nil,
        watchSeconds: Int? = nil
    ) {
        self.model = model
        self.version = version
        self.options = options
        self.reason = reason
        self.watchSeconds = watchSeconds
    }
}

/// A condition of a deployment that the server keeps true or explains.
public enum DeploymentState: String, Codable, Sendable, Hashable, CaseIterable {
    /// Loaded and answering.
    case ready
    /// Not in memory; the next request loads it and is answered.
    case idle
    /// Meant to answer, loading now.
    case loading
    /// Its worker process ended and is being replaced.
    case restarting
    /// Its worker keeps ending: it is started again after a pause, which `message` tells.
    case suspended
    /// Could not be loaded; `message` says why.
    case failed
    /// Taken out of memory by a repository unload.
    case unloaded
}

/// What an endpoint serves, in which state it is, and how it fares. Times are RFC 3339 in UTC.
public struct DeploymentInfo: Codable, Sendable, Hashable {
    public var endpoint: String
    public var space: String
    public var model: String
    public var version: Int
    /// The number of the current revision.
    public var revision: Int
    public var state: DeploymentState
    /// Why it is not ready, where there is something to say; else empty.
    public var message: String
    /// As they are in force, defaults filled in.
    public var options: DeploymentOptions
    /// Where the model runs now.
    public var isolation: IsolationMode
    /// Who decided that, in words; empty where nobody did and the default holds.
    public var isolationReason: String
    public var createdAt: String
    public var updatedAt: String
    public var updatedBy: String
    /// Since the server started.
    public var requests: Int
    /// Those among `requests` that were refused or failed.
    public var errors: Int
    /// Predictions that wait now.
    public var queued: Int
    /// Milliseconds at the median and the 99th percentile since the server started; absent without requests.
    public var p50Milliseconds: Double?
    public var p99Milliseconds: Double?
    /// The rollout that is open; absent while none is.
    public var rollout: RolloutSummary?

    public init(
        endpoint: String, space: String, model: String, version: Int, revision: Int, state: DeploymentState,
        message: String, options: DeploymentOptions, isolation: IsolationMode, isolationReason: String,
        createdAt: String, updatedAt: String, updatedBy: String, requests: Int, errors: Int, queued: Int,
        p50Milliseconds: Double?, p99Milliseconds: Double?, rollout: RolloutSummary? = nil
    ) {
        self.endpoint = endpoint
        self.space = space
        self.model = model
        self.version = version
        self.revision = revision
        self.state = state
        self.message = message
        self.options = options
        self.isolation = isolation
        self.isolationReason = isolationReason
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.updatedBy = updatedBy
        self.requests = requests
        self.errors = errors
        self.queued = queued
        self.p50Milliseconds = p50Milliseconds
        self.p99Milliseconds = p99Milliseconds
        self.rollout = rollout
    }
}

/// An open rollout in short.
public struct RolloutSummary: Codable, Sendable, Hashable {
    public var rollout: Int
    public var strategy: String
    public var state: RolloutState
    /// What is waited for; one sentence, may be empty.
    public var message: String
    public var variants: [RolloutVariantInfo]

    public init(
        rollout: Int, strategy: String, state: RolloutState, message: String, variants: [RolloutVariantInfo]
    ) {
        self.rollout = rollout
        self.strategy = strategy
        self.state = state
        self.message = message
        self.variants = variants
    }
}

/// One numbered, immutable state of a deployment's specification.
public struct RevisionInfo: Codable, Sendable, Hashable {
    /// 1, 2, 3 ... for each endpoint name, through deletions.
    public var revision: Int
    /// `deploy`, `delete`, `load`, `unload`, `promote` (a rollout ended with its candidate) or `rollback`.
    public var action: String
    public var model: String
    public var version: Int
    /// The version's digest.
    public var digest: String
    public var options: DeploymentOptions
    /// RFC 3339, UTC.
    public var createdAt: String
    public var createdBy: String
    /// In the words of who asked for it; empty when they gave none.
    public var reason: String
    /// The rollout that made it, or watched it.
    public var rollout: Int?
    /// Of a rollback: the earlier revision that it equals.
    public var equals: Int?
    /// The promotion that brought the version into the space.
    public var promotion: Int?
    /// What it rests on, in a sentence; empty where nothing was measured.
    public var evidence: String
    /// Whether this is what the endpoint is now; none is after a deletion.
    public var isCurrent: Bool

    public init(
        revision: Int, action: String, model: String, version: Int, digest: String, options: DeploymentOptions,
        createdAt: String, createdBy: String, reason: String, rollout: Int? = nil, equals: Int? = nil,
        promotion: Int? = nil, evidence: String = "", isCurrent: Bool
    ) {
        self.revision = revision
        self.action = action
        self.model = model
        self.version = version
        self.digest = digest
        self.options = options
        self.createdAt = createdAt
        self.createdBy = createdBy
        self.reason = reason
        self.rollout = rollout
        self.equals = equals
        self.promotion = promotion
        self.evidence = evidence
        self.isCurrent = isCurrent
    }
}
