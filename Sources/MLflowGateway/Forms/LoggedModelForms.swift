import Experiments
import Gateway

extension JSONValue {
    init(_ model: LoggedModel) {
        self = [
            "info": .present([
                ("model_id", .string(model.id)), ("experiment_id", .string("\(model.experiment)")),
                ("name", .string(model.name)), ("creation_timestamp_ms", .integer(model.createdAt)),
                ("last_updated_timestamp_ms", .integer(model.updatedAt)),
                ("artifact_uri", .string(ArtifactPath(model: model).location)), ("status", .string(model.status.word)),
                ("model_type", model.type.map { .string($0) }), ("source_run_id", model.sourceRun.map { .string($0) }),
                ("tags", .pairs(model.tags)),
            ]),
            "data": .object([
                ("params", .pairs(model.params)), ("metrics", .array(model.metrics.map { JSONValue($0) })),
            ]),
        ]
    }
}
