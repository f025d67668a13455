package import Journal

/// One run of an experiment: what a training script says about itself while it works.
package struct TrackedRun: Sendable, Hashable {
    package let info: RunFacts
    package var params: [String: String]
    package var tags: [String: String]
    /// The last value of each metric.
    package var metrics: [MetricPoint]
    package var dataSets: [DataSetInput]
    package var modelInputs: [String]
    package var modelOutputs: [ModelOutput]

    package init(
        info: RunFacts, params: [String: String] = [:], tags: [String: String] = [:], metrics: [MetricPoint] = [],
        dataSets: [DataSetInput] = [], modelInputs: [String] = [], modelOutputs: [ModelOutput] = []
    ) {
        self.info = info
        self.params = params
        self.tags = tags
        self.metrics = metrics
        self.dataSets = dataSets
        self.modelInputs = modelInputs
        self.modelOutputs = modelOutputs
    }
}

/// A run without what it has logged.
package struct RunFacts: Sendable, Hashable, Codable {
    /// 32 hexadecimal digits.
    package let id: String
    package let experiment: ExperimentID
    package let space: String
    package var name: String
    /// Who the client says runs it; nobody checks that. The audit has who asked.
    package let user: String
    package var status: RunStatus
    /// Milliseconds since 1970.
    package let startedAt: Int
    package var endedAt: Int?
    package var isDeleted: Bool

    package init(
        id: String, experiment: ExperimentID, space: String, name: String, user: String, status: RunStatus,
        startedAt: Int, endedAt: Int?, isDeleted: Bool
    ) {
        self.id = id
        self.experiment = experiment
        self.space = space
        self.name = name
        self.user = user
        self.status = status
        self.startedAt = startedAt
        self.endedAt = endedAt
        self.isDeleted = isDeleted
    }
}

/// How a run stands, in MLflow's words.
package enum RunStatus: String, Sendable, Hashable, Codable, CaseIterable {
    case running = "RUNNING"
    case scheduled = "SCHEDULED"
    case finished = "FINISHED"
    case failed = "FAILED"
    case killed = "KILLED"

    /// Whether nothing more is expected of the run.
    package var isOver: Bool { self == .finished || self == .failed || self == .killed }
}

/// One value of a metric.
package struct MetricPoint: Sendable, Hashable, Codable {
    package let key: String
    /// May be infinite, or not a number.
    package let value: Double
    /// Milliseconds since 1970.
    package let timestamp: Int
    package let step: Int
    /// The logged model that it is about, beside the run.
    package var model: String?
    package var dataSet: String?
    package var dataSetDigest: String?
    /// The run that logged it, where a logged model's metrics are told.
    package var run: String?

    package init(
        key: String, value: Double, timestamp: Int, step: Int = 0, model: String? = nil, dataSet: String? = nil,
        dataSetDigest: String? = nil, run: String? = nil
    ) {
        self.key = key
        self.value = value
        self.timestamp = timestamp
        self.step = step
        self.model = model
        self.dataSet = dataSet
        self.dataSetDigest = dataSetDigest
        self.run = run
    }
}

/// A data set that a run says it has used.
package struct DataSetInput: Sendable, Hashable, Codable {
    package let name: String
    package let digest: String
    package let sourceType: String
    package let source: String
    package let schema: String?
    package let profile: String?
    package let tags: [String: String]

    package init(
        name: String, digest: String, sourceType: String, source: String, schema: String?, profile: String?,
        tags: [String: String]
    ) {
        self.name = name
        self.digest = digest
        self.sourceType = sourceType
        self.source = source
        self.schema = schema
        self.profile = profile
        self.tags = tags
    }
}

/// A logged model that a run says it has made.
package struct ModelOutput: Sendable, Hashable, Codable {
    package let model: String
    package let step: Int

    package init(model: String, step: Int) {
        self.model = model
        self.step = step
    }
}

extension ControlError {
    package static func runNotFound(_ id: String) -> ControlError {
        ControlError(.notFound, "there is no run with ID '\(Name.excerpt(of: id))' in this space", field: "run_id")
    }

    static func notActive(_ what: String, _ field: String) -> ControlError {
        ControlError(
            .invalid, "\(what) is deleted: it must be in the 'active' state", field: field,
            hint: "restore it first, or use another")
    }
}
