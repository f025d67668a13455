import Experiments
import Gateway

extension JSONValue {
    init(_ experiment: Experiment) {
        self = [
            "experiment_id": .string("\(experiment.id)"),
            "name": .string(experiment.name),
            "artifact_location": .string("mlflow-artifacts:/\(experiment.id)"),
            "lifecycle_stage": .lifecycle(isDeleted: experiment.isDeleted),
            "last_update_time": .integer(experiment.updatedAt),
            "creation_time": .integer(experiment.createdAt),
            "tags": .pairs(experiment.tags),
        ]
    }

    static func lifecycle(isDeleted: Bool) -> JSONValue { isDeleted ? "deleted" : "active" }

    /// As `key` and `value`, by key.
    static func pairs(_ pairs: [String: String]) -> JSONValue {
        .array(
            pairs.sorted { $0.key < $1.key }.map { ["key": .string($0.key), "value": .string($0.value)] })
    }

    /// What is there of these.
    static func present(_ members: [(String, JSONValue?)]) -> JSONValue {
        .object(members.compactMap { name, value in value.map { (name, $0) } })
    }
}
