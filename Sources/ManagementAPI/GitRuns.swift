/// A Git repository that a space takes models from. Times are RFC 3339 in UTC.
public struct RepositoryInfo: Codable, Sendable, Hashable {
    public var name: String
    /// Where its versions are pushed.
    public var space: String
    public var url: String
    public var branch: String
    /// Other spaces that its runs may act in.
    public var into: [String]
    /// Whether no run of it is begun; then who paused it, when, and why.
    public var paused: Bool
    public var pausedBy: String?
    public var pausedAt: String?
    public var pausedReason: String?
    public var addedAt: String
    public var addedBy: String
    /// What messages about pushes are signed with; in the answer to adding it alone.
    public var secret: String?

    public init(
        name: String, space: String, url: String, branch: String, into: [String], paused: Bool, pausedBy: String?,
        pausedAt: String?, pausedReason: String?, addedAt: String, addedBy: String
    ) {
        self.name = name
        self.space = space
        self.url = url
        self.branch = branch
        self.into = into
        self.paused = paused
        self.pausedBy = pausedBy
        self.pausedAt = pausedAt
        self.pausedReason = pausedReason
        self.addedAt = addedAt
        self.addedBy = addedBy
    }
}

/// Adds a repository.
public struct RepositoryRequest: Codable, Sendable, Hashable {
    public var name: String
    /// `https://HOST/PATH` or `file:///PATH`.
    public var url: String
    /// `main` unless given.
    public var branch: String?
    /// Other spaces that its runs may act in: the caller must be one who may deploy there.
    public var into: [String]?

    public init(name: String, url: String, branch: String? = nil, into: [String]? = nil) {
        self.name = name
        self.url = url
        self.branch = branch
        self.into = into
    }
}

/// Asks for a run: of a repository, or of the commit of an earlier run.
public struct GitRunRequest: Codable, Sendable, Hashable {
    public var repository: String?
    /// A branch, a tag or a whole commit; the repository's branch unless given.
    public var ref: String?
    /// The run to repeat; in place of the others.
    public var `repeat`: Int?
    public var reason: String?

    public init(repository: String? = nil, ref: String? = nil, repeat run: Int? = nil, reason: String? = nil) {
        self.repository = repository
        self.ref = ref
        self.repeat = run
        self.reason = reason
    }
}

/// How a run stands.
public enum GitRunState: String, Codable, Sendable, Hashable, CaseIterable {
    case queued, running, waiting, succeeded, blocked, failed, cancelled, superseded
}

/// How a step of a run stands.
public enum GitRunStepState: String, Codable, Sendable, Hashable, CaseIterable {
    case pending, running, waiting, succeeded, blocked, failed, cancelled, skipped
}

/// One step of a run.
public struct GitRunStepInfo: Codable, Sendable, Hashable {
    /// `clone`, `validate`, `build`, `test`, `data`, `push`, `promote:SPACE` or `deploy`.
    public var name: String
    public var state: GitRunStepState
    /// Why it ended so, or what it waits for.
    public var message: String
    public var startedAt: String?
    public var endedAt: String?
    /// What it rests on, by name: `commit`, `version`, `promotion`, `rollout`, `revision` ...
    public var evidence: [String: String]
    /// Whether it has a log.
    public var hasLog: Bool

    public init(
        name: String, state: GitRunStepState, message: String, startedAt: String?, endedAt: String?,
        evidence: [String: String], hasLog: Bool
    ) {
        self.name = name
        self.state = state
        self.message = message
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.evidence = evidence
        self.hasLog = hasLog
    }
}

/// One run: one commit, from its clone to where gates and people let it.
public struct GitRunInfo: Codable, Sendable, Hashable {
    /// 1, 2, 3 ... on each server.
    public var run: Int
    public var space: String
    public var repository: String
    public var url: String
    public var ref: String
    /// Its whole name; absent before the clone where only a branch was asked for.
    public var commit: String?
    public var author: String?
    /// The first line of the commit's message.
    public var subject: String?
    /// `request`, `push` or `again`.
    public var causeKind: String
    /// Why it was begun, in a sentence.
    public var cause: String
    /// The run that it repeats.
    public var repeats: Int?
    public var state: GitRunState
    /// Why it ended so, or what it waits for.
    public var message: String
    public var requestedBy: String
    public var requestedAt: String
    public var startedAt: String?
    public var endedAt: String?
    public var model: String?
    /// The version that it pushed, or that has its bytes already.
    public var version: Int?
    public var isNewVersion: Bool?
    public var steps: [GitRunStepInfo]

    public init(
        run: Int, space: String, repository: String, url: String, ref: String, commit: String?, author: String?,
        subject: String?, causeKind: String, cause: String, repeats: Int?, state: GitRunState, message: String,
        requestedBy: String, requestedAt: String, startedAt: String?, endedAt: String?, model: String?, version: Int?,
        isNewVersion: Bool?, steps: [GitRunStepInfo]
    ) {
        self.run = run
        self.space = space
        self.repository = repository
        self.url = url
        self.ref = ref
        self.commit = commit
        self.author = author
        self.subject = subject
        self.causeKind = causeKind
        self.cause = cause
        self.repeats = repeats
        self.state = state
        self.message = message
        self.requestedBy = requestedBy
        self.requestedAt = requestedAt
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.model = model
        self.version = version
        self.isNewVersion = isNewVersion
        self.steps = steps
    }
}

/// The end of a step's log.
public struct GitRunLogInfo: Codable, Sendable, Hashable {
    public var run: Int
    public var step: String
    /// Bytes of all of it.
    public var bytes: Int
    public var text: String

    public init(run: Int, step: String, bytes: Int, text: String) {
        self.run = run
        self.step = step
        self.bytes = bytes
        self.text = text
    }
}
