/// Makes a version answer at an endpoint.
public struct DeployRequest: Codable, Sendable, Hashable {
    public var model: String
    /// The latest version when absent.
    public var version: Int?
    /// All at the server's defaults when absent.
    public var options: DeploymentOptions?
    /// Free text for the history, 4096 bytes at most.
    public var reason: String?

    public init(model: String, version: Int? = nil, options: DeploymentOptions? = nil, reason: String? = nil) {
        self.model = model
        self.version = version
        self.options = options
        self.reason = reason
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

    public init(
        endpoint: String, space: String, model: String, version: Int, revision: Int, state: DeploymentState,
        message: String, options: DeploymentOptions, isolation: IsolationMode, isolationReason: String,
        createdAt: String, updatedAt: String, updatedBy: String, requests: Int, errors: Int, queued: Int,
        p50Milliseconds: Double?, p99Milliseconds: Double?
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
    }
}

/// One numbered, immutable state of a deployment's specification.
public struct RevisionInfo: Codable, Sendable, Hashable {
    /// 1, 2, 3 ... for each endpoint name, through deletions.
    public var revision: Int
    /// `deploy`, `delete`, `load` or `unload`.
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
    /// Whether this is what the endpoint is now; none is after a deletion.
    public var isCurrent: Bool

    public init(
        revision: Int, action: String, model: String, version: Int, digest: String, options: DeploymentOptions,
        createdAt: String, createdBy: String, reason: String, isCurrent: Bool
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
        self.isCurrent = isCurrent
    }
}
