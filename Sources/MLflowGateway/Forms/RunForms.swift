import Experiments
import Gateway

extension JSONValue {
    init(_ run: TrackedRun) {
        self = [
            "info": JSONValue(run.info),
            "data": .object([
                ("metrics", .array(run.metrics.map { JSONValue($0) })), ("params", .pairs(run.params)),
                ("tags", .pairs(run.tags)),
            ]),
            "inputs": .object([
                ("dataset_inputs", .array(run.dataSets.map { JSONValue($0) })),
                ("model_inputs", .array(run.modelInputs.map { ["model_id": .string($0)] })),
            ]),
            "outputs": .object([
                (
                    "model_outputs",
                    .array(run.modelOutputs.map { ["model_id": .string($0.model), "step": .integer($0.step)] })
                )
            ]),
        ]
    }

    init(_ run: RunFacts) {
        self = .present([
            ("run_id", .string(run.id)), ("run_uuid", .string(run.id)), ("run_name", .string(run.name)),
            ("experiment_id", .string("\(run.experiment)")), ("user_id", .string(run.user)),
            ("status", .string(run.status.rawValue)), ("start_time", .integer(run.startedAt)),
            ("end_time", run.endedAt.map { .integer($0) }),
            ("artifact_uri", .string(ArtifactPath(run: run).location)),
            ("lifecycle_stage", .lifecycle(isDeleted: run.isDeleted)),
        ])
    }

    init(_ point: MetricPoint) {
        self = .present([
            ("key", .string(point.key)), ("value", .float(point.value)), ("timestamp", .integer(point.timestamp)),
            ("step", .integer(point.step)), ("model_id", point.model.map { .string($0) }),
            ("dataset_name", point.dataSet.map { .string($0) }),
            ("dataset_digest", point.dataSetDigest.map { .string($0) }), ("run_id", point.run.map { .string($0) }),
        ])
    }

    init(_ input: DataSetInput) {
        self = [
            "tags": .pairs(input.tags),
            "dataset": .present([
                ("name", .string(input.name)), ("digest", .string(input.digest)),
                ("source_type", .string(input.sourceType)), ("source", .string(input.source)),
                ("schema", input.schema.map { .string($0) }), ("profile", input.profile.map { .string($0) }),
            ]),
        ]
    }

    /// A number as JSON of Protocol Buffers has it: words for those that JSON has not.
    static func float(_ value: Double) -> JSONValue {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value > 0 ? "Infinity" : "-Infinity" }
        return .number(value)
    }
}

extension MetricPoint {
    init(_ fields: MLflowFields) throws {
        guard let value = try fields.number("value") else { throw fields.missing("value") }
        guard let timestamp = try fields.whole("timestamp") else { throw fields.missing("timestamp") }
        func given(_ name: String) throws -> String? { try fields.text(name).flatMap { $0.isEmpty ? nil : $0 } }
        self.init(
            key: try fields.required("key"), value: value, timestamp: timestamp, step: try fields.whole("step") ?? 0,
            model: try given("model_id"), dataSet: try given("dataset_name"), dataSetDigest: try given("dataset_digest")
        )
    }
}

extension DataSetInput {
    init(_ fields: MLflowFields) throws {
        guard let dataSet = try fields.message("dataset") else { throw fields.missing("dataset") }
        self.init(
            name: try dataSet.required("name"), digest: try dataSet.required("digest"),
            sourceType: try dataSet.required("source_type"), source: try dataSet.required("source"),
            schema: try dataSet.text("schema"), profile: try dataSet.text("profile"),
            tags: Dictionary(try fields.pairs("tags").map { ($0.key, $0.value) }, uniquingKeysWith: { $1 }))
    }
}
