/// Asks to begin carrying declared state out. Nobody else can until it has ended.
public struct ApplicationRequest: Codable, Sendable, Hashable {
    /// SHA-256 of the plan, 64 hexadecimal digits.
    public var plan: String
    /// How many steps the plan has.
    public var steps: Int

    public init(plan: String, steps: Int) {
        self.plan = plan
        self.steps = steps
    }
}

/// Declared state while it is carried out.
public struct ApplicationInfo: Codable, Sendable, Hashable {
    public var application: Int
    /// Who applies.
    public var principal: String
    public var plan: String
    public var steps: Int
    /// RFC 3339, UTC.
    public var since: String
    /// How long its holder may be silent before it has ended.
    public var patienceSeconds: Int

    public init(application: Int, principal: String, plan: String, steps: Int, since: String, patienceSeconds: Int) {
        self.application = application
        self.principal = principal
        self.plan = plan
        self.steps = steps
        self.since = since
        self.patienceSeconds = patienceSeconds
    }
}

/// How an application ended.
public enum ApplicationResult: String, Codable, Sendable, Hashable, CaseIterable {
    case done, failed
}

/// Ends an application.
public struct ApplicationEndRequest: Codable, Sendable, Hashable {
    public var outcome: ApplicationResult
    /// How many of its steps were done.
    public var done: Int

    public init(outcome: ApplicationResult, done: Int) {
        self.outcome = outcome
        self.done = done
    }
}

/// The state of a server as plans are made of it.
public struct ApplicationsInfo: Codable, Sendable, Hashable {
    /// The number of changes that were ever made to the server; also the `ETag` of the answer.
    public var generation: Int
    /// Who applies now; absent while nobody does.
    public var current: ApplicationInfo?

    public init(generation: Int, current: ApplicationInfo? = nil) {
        self.generation = generation
        self.current = current
    }
}

/// The header by which a request says that it is a step of an application.
public enum ApplicationHeader {
    public static let name = "slipway-application"
}
