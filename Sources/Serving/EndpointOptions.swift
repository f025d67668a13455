package import Runtimes

/// What a deployment sets for its endpoint. A field that an older release did not know has its default.
package struct EndpointOptions: Sendable, Hashable, Codable {
    package static let defaultDeadlineMilliseconds = 60_000
    package static let defaultMaxBodyBytes = 64 << 20
    package static let defaultIdleSeconds = 300

    package var runtime: RuntimeOptions
    /// Predictions of this endpoint that run at once; `nil` leaves it to the server's `compute_threads`.
    package var instances: Int?
    /// 0 lets the model leave memory when nobody asks for `idleSeconds`; the next request brings it back.
    package var minInstances: Int
    /// Seconds without a request after which an endpoint with `minInstances` 0 is unloaded.
    package var idleSeconds: Int
    /// Predictions that may wait; one more is refused. `nil` leaves it to the server's `queue_limit`.
    package var queueLimit: Int?
    /// Milliseconds after which a prediction is given up.
    package var deadlineMilliseconds: Int
    /// Largest request body in bytes.
    package var maxBodyBytes: Int
    /// `nil`: every request is a run of its own.
    package var batching: BatchingOptions?
    /// Where the model runs; `nil` leaves it to the space, whose default is `shared`.
    package var isolation: Isolation?
    /// Bytes of memory that a worker may have; `nil` leaves it to the server. Means nothing in shared isolation.
    package var workerMemoryBytes: Int?
    /// What of its predictions is written down; `nil`: nothing.
    package var ledger: LedgerOptions?

    package init(
        runtime: RuntimeOptions = RuntimeOptions(), instances: Int? = nil, minInstances: Int = 1,
        idleSeconds: Int = defaultIdleSeconds, queueLimit: Int? = nil,
        deadlineMilliseconds: Int = defaultDeadlineMilliseconds, maxBodyBytes: Int = defaultMaxBodyBytes,
        batching: BatchingOptions? = nil, isolation: Isolation? = nil, workerMemoryBytes: Int? = nil,
        ledger: LedgerOptions? = nil
    ) {
        self.runtime = runtime
        self.instances = instances
        self.minInstances = minInstances
        self.idleSeconds = idleSeconds
        self.queueLimit = queueLimit
        self.deadlineMilliseconds = deadlineMilliseconds
        self.maxBodyBytes = maxBodyBytes
        self.batching = batching
        self.isolation = isolation
        self.workerMemoryBytes = workerMemoryBytes
        self.ledger = ledger
    }

    /// Nanoseconds without a request after which the model leaves memory; `nil` for never.
    var idleNanoseconds: UInt64? {
        guard minInstances < 1 else { return nil }
        let (nanoseconds, overflow) = UInt64(max(1, idleSeconds)).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : nanoseconds
    }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            runtime: try values.decodeIfPresent(RuntimeOptions.self, forKey: .runtime) ?? RuntimeOptions(),
            instances: try values.decodeIfPresent(Int.self, forKey: .instances),
            minInstances: try values.decodeIfPresent(Int.self, forKey: .minInstances) ?? 1,
            idleSeconds: try values.decodeIfPresent(Int.self, forKey: .idleSeconds) ?? Self.defaultIdleSeconds,
            queueLimit: try values.decodeIfPresent(Int.self, forKey: .queueLimit),
            deadlineMilliseconds: try values.decodeIfPresent(Int.self, forKey: .deadlineMilliseconds)
                ?? Self.defaultDeadlineMilliseconds,
            maxBodyBytes: try values.decodeIfPresent(Int.self, forKey: .maxBodyBytes) ?? Self.defaultMaxBodyBytes,
            batching: try values.decodeIfPresent(BatchingOptions.self, forKey: .batching),
            isolation: try values.decodeIfPresent(Isolation.self, forKey: .isolation),
            workerMemoryBytes: try values.decodeIfPresent(Int.self, forKey: .workerMemoryBytes),
            ledger: try values.decodeIfPresent(LedgerOptions.self, forKey: .ledger))
    }
}

/// How requests to one endpoint are put together into one run.
package struct BatchingOptions: Sendable, Hashable, Codable {
    package static let defaultMaxDelayMicroseconds = 1000

    /// Rows of one run at most; a single request with more runs by itself.
    package var maxBatchSize: Int
    /// Microseconds that a request may wait for others while every instance is busy or others are on their way; an idle
    /// server waits for nobody.
    package var maxDelayMicroseconds: Int

    package init(maxBatchSize: Int, maxDelayMicroseconds: Int = defaultMaxDelayMicroseconds) {
        self.maxBatchSize = maxBatchSize
        self.maxDelayMicroseconds = maxDelayMicroseconds
    }
}

/// What the ledger of an endpoint keeps of its predictions, and for how long.
package struct LedgerOptions: Sendable, Hashable, Codable {
    package static let defaultRetentionDays = 30
    package static let defaultRetentionBytes = 1 << 30

    /// Of the predictions that were answered, the share that is written down, 0 to 1; those that failed all are.
    package var share: Double
    /// Inputs and outputs whose values are left out, by name.
    package var exclude: [String]
    /// Inputs and outputs whose values are replaced by a keyed hash, by name.
    package var hash: [String]
    /// Days that rows are kept.
    package var retentionDays: Int
    /// Bytes that all rows of the endpoint may take on disk; the oldest go first.
    package var retentionBytes: Int

    package init(
        share: Double = 1, exclude: [String] = [], hash: [String] = [], retentionDays: Int = defaultRetentionDays,
        retentionBytes: Int = defaultRetentionBytes
    ) {
        self.share = share
        self.exclude = exclude
        self.hash = hash
        self.retentionDays = retentionDays
        self.retentionBytes = retentionBytes
    }
}

/// Where a model runs.
package enum Isolation: String, Sendable, Hashable, Codable, CaseIterable {
    /// In the server process: the shortest way.
    case shared
    /// In a process of its own, so that its crash, its hang and its memory are nobody else's.
    case worker
}

/// Who decided where a model runs.
package enum IsolationReason: Sendable, Hashable, Codable {
    /// Nobody: the default holds.
    case standard
    /// The deployment asks for it.
    case deployment
    /// The space's policy demands it.
    case space
    /// The model brought down the process that it ran in; the text says when and how.
    case crash(String)

    /// For people; empty where nobody decided.
    package var text: String {
        switch self {
        case .standard: ""
        case .deployment: "asked for by the deployment"
        case .space: "demanded by the space"
        case .crash(let what): what
        }
    }
}
