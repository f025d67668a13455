/// What a person may set for a deployment; absent fields take the server's defaults. `docs/reference/deployment.md` says
/// for each when to touch it.
public struct DeploymentOptions: Codable, Sendable, Hashable {
    /// Predictions of the endpoint that run at once; the server's `compute_threads` unless set.
    public var instances: Int?
    /// 0 lets the model leave memory when nobody asks for `idleSeconds`; the next request brings it back. 1 unless set.
    public var minInstances: Int?
    /// Seconds without a request after which the model leaves memory, where `minInstances` is 0.
    public var idleSeconds: Int?
    /// Predictions that may wait; one more is refused. The server's `queue_limit` unless set.
    public var queueLimit: Int?
    /// Threads that one operator of the model may use; 1 unless set.
    public var intraOpThreads: Int?
    /// Milliseconds after which a prediction is given up.
    public var deadlineMilliseconds: Int?
    /// Largest request body in bytes.
    public var maxBodyBytes: Int?
    /// Requests put together into one run; each runs by itself unless set.
    public var batching: BatchingOptions?
    /// Where the model runs; the space's policy decides unless set, and without one it is `shared`.
    public var isolation: IsolationMode?
    /// Bytes of memory that the worker may have, in `worker` isolation.
    public var workerMemoryBytes: Int?
    /// What of the predictions is written down; nothing unless set.
    public var ledger: LedgerOptions?

    public init(
        instances: Int? = nil, minInstances: Int? = nil, idleSeconds: Int? = nil, queueLimit: Int? = nil,
        intraOpThreads: Int? = nil, deadlineMilliseconds: Int? = nil, maxBodyBytes: Int? = nil,
        batching: BatchingOptions? = nil, isolation: IsolationMode? = nil, workerMemoryBytes: Int? = nil,
        ledger: LedgerOptions? = nil
    ) {
        self.instances = instances
        self.minInstances = minInstances
        self.idleSeconds = idleSeconds
        self.queueLimit = queueLimit
        self.intraOpThreads = intraOpThreads
        self.deadlineMilliseconds = deadlineMilliseconds
        self.maxBodyBytes = maxBodyBytes
        self.batching = batching
        self.isolation = isolation
        self.workerMemoryBytes = workerMemoryBytes
        self.ledger = ledger
    }

    /// What an answer says of a deployment for which nothing was set. Where it says nothing, the server's own settings
    /// or the space's policy decide.
    public static let standard = DeploymentOptions(
        minInstances: 1, idleSeconds: 300, intraOpThreads: 1, deadlineMilliseconds: 60_000, maxBodyBytes: 64 << 20)

    /// As they have to be asked for to come out like this: without what is so unless set.
    public var asked: DeploymentOptions {
        let usual = Self.standard
        var asked = self
        if minInstances == usual.minInstances { asked.minInstances = nil }
        if idleSeconds == usual.idleSeconds { asked.idleSeconds = nil }
        if intraOpThreads == usual.intraOpThreads { asked.intraOpThreads = nil }
        if deadlineMilliseconds == usual.deadlineMilliseconds { asked.deadlineMilliseconds = nil }
        if maxBodyBytes == usual.maxBodyBytes { asked.maxBodyBytes = nil }
        return asked
    }
}

/// How requests to one endpoint are put together into one run.
public struct BatchingOptions: Codable, Sendable, Hashable {
    /// Rows of one run at most.
    public var maxBatchSize: Int
    /// Microseconds that a request may wait for others; 1000 unless set.
    public var maxDelayMicroseconds: Int?

    public init(maxBatchSize: Int, maxDelayMicroseconds: Int? = nil) {
        self.maxBatchSize = maxBatchSize
        self.maxDelayMicroseconds = maxDelayMicroseconds
    }
}

/// What the ledger of an endpoint keeps of its predictions, and for how long.
public struct LedgerOptions: Codable, Sendable, Hashable {
    /// Of the predictions that are answered, the share that is written down, 0 to 1; 1 unless set. Those that fail all are.
    public var share: Double?
    /// Inputs and outputs whose values are left out, by name.
    public var exclude: [String]?
    /// Inputs and outputs whose values are replaced by a keyed hash, by name.
    public var hash: [String]?
    /// Days that rows are kept; 30 unless set.
    public var retentionDays: Int?
    /// Bytes that all rows of the endpoint may take on disk, the oldest going first; 1 GiB unless set.
    public var retentionBytes: Int?

    public init(
        share: Double? = nil, exclude: [String]? = nil, hash: [String]? = nil, retentionDays: Int? = nil,
        retentionBytes: Int? = nil
    ) {
        self.share = share
        self.exclude = exclude
        self.hash = hash
        self.retentionDays = retentionDays
        self.retentionBytes = retentionBytes
    }
}

/// Where a model runs.
public enum IsolationMode: String, Codable, Sendable, Hashable, CaseIterable {
    /// In the server's own process.
    case shared
    /// In a process of its own, so that its crash, its hang and its memory are nobody else's.
    case worker
}
