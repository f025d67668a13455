package import Journal

/// A model that a run has logged: its files are artifacts of its own. It is not yet a model of the registry.
package struct LoggedModel: Sendable, Hashable {
    /// `m-` and 32 hexadecimal digits.
    package let id: String
    package let experiment: ExperimentID
    package let space: String
    package let name: String
    package let type: String?
    package let sourceRun: String?
    package let status: LoggedModelStatus
    /// Milliseconds since 1970.
    package let createdAt: Int
    package let updatedAt: Int
    package let isDeleted: Bool
    package var params: [String: String]
    package var tags: [String: String]
    package var metrics: [MetricPoint]

    package init(
        id: String, experiment: ExperimentID, space: String, name: String, type: String?, sourceRun: String?,
        status: LoggedModelStatus, createdAt: Int, updatedAt: Int, isDeleted: Bool, params: [String: String] = [:],
        tags: [String: String] = [:], metrics: [MetricPoint] = []
    ) {
        self.id = id
        self.experiment = experiment
        self.space = space
        self.name = name
        self.type = type
        self.sourceRun = sourceRun
        self.status = status
        self.createdAt = createdAt
        self.updatedAt = updatedAt
        self.isDeleted = isDeleted
        self.params = params
        self.tags = tags
        self.metrics = metrics
    }
}

/// How far a logged model is, by the numbers that MLflow gives these states.
package enum LoggedModelStatus: Int, Sendable, Hashable, Codable, CaseIterable {
    case unspecified = 0
    case pending, ready, uploadFailed

    /// As MLflow's interface has it.
    package var word: String {
        switch self {
        case .unspecified: "LOGGED_MODEL_STATUS_UNSPECIFIED"
        case .pending: "LOGGED_MODEL_PENDING"
        case .ready: "LOGGED_MODEL_READY"
        case .uploadFailed: "LOGGED_MODEL_UPLOAD_FAILED"
        }
    }
}

extension ControlError {
    package static func loggedModelNotFound(_ id: String) -> ControlError {
        ControlError(
            .notFound, "there is no logged model with ID '\(Name.excerpt(of: id))' in this space", field: "model_id")
    }
}
