import Foundation
import Journal

/// One entry of a run's log, held against what is stored; writing comes after all of it was found good.
struct RunLogCheck {
    private let entry: RunLog.Entry
    private let run: RunFacts
    private let newParams: [String: String]
    private let tags: [String: String]
    /// The logged models that exist here, of those that metrics are about.
    private let points: [MetricPoint]

    init(_ entry: RunLog.Entry, _ transaction: any TrackingTransaction) throws {
        self.entry = entry
        guard let run = try transaction.runFacts(entry.run, space: entry.space) else {
            throw RunLogRefusal(error: .runNotFound(entry.run))
        }
        guard !run.isDeleted else { throw RunLogRefusal(error: .notActive("run \(entry.run)", "run_id")) }
        self.run = run
        newParams = try Self.newParams(entry, transaction)
        var tags: [String: String] = [:]
        for tag in entry.tags { tags[tag.key] = TrackingLimits.cut(tag.value, to: TrackingLimits.tagLength) }
        if let note = entry.modelNote {
            tags[Self.noteTag] = try Self.history(adding: note, to: entry.run, transaction)
        }
        self.tags = tags
        for model in Set(entry.metrics.compactMap(\.model) + entry.modelInputs + entry.modelOutputs.map(\.model)) {
            guard try transaction.loggedModelAlone(model, space: entry.space) != nil else {
                throw RunLogRefusal(error: .loggedModelNotFound(model))
            }
        }
        points = entry.metrics
    }

    func write(to transaction: any TrackingTransaction) throws {
        if !newParams.isEmpty { try transaction.insertParams(newParams, ofRun: run.id) }
        if !points.isEmpty { try transaction.insertMetrics(points, ofRun: run.id) }
        if !tags.isEmpty { try transaction.setTags(tags, ofRun: run.id) }
        if let name = tags[RunService.nameTag], !name.isEmpty, name != run.name {
            var renamed = run
            renamed.name = name
            try transaction.saveRun(renamed)
        }
        if !entry.dataSets.isEmpty { try transaction.insertDataSets(entry.dataSets, ofRun: run.id) }
        if !entry.modelInputs.isEmpty { try transaction.insertModelInputs(entry.modelInputs, ofRun: run.id) }
        if !entry.modelOutputs.isEmpty { try transaction.insertModelOutputs(entry.modelOutputs, ofRun: run.id) }
    }

    /// A parameter is logged once; the same value again is no harm.
    private static func newParams(
        _ entry: RunLog.Entry, _ transaction: any TrackingTransaction
    ) throws -> [String: String] {
        guard !entry.params.isEmpty else { return [:] }
        let known = try transaction.params(Set(entry.params.map(\.key)), ofRun: entry.run)
        var new: [String: String] = [:]
        for (key, whole) in entry.params {
            let value = TrackingLimits.cut(whole, to: TrackingLimits.paramLength)
            guard let before = known[key] ?? new[key] else {
                new[key] = value
                continue
            }
            guard before == value else {
                throw RunLogRefusal(
                    error: ControlError(
                        .invalid,
                        "the parameter '\(key)' of run \(entry.run) has the value '\(Name.excerpt(of: before))': it cannot "
                            + "be changed to '\(Name.excerpt(of: value))'", field: "params",
                        hint: "log to another run, or under another key"))
            }
        }
        return new
    }

    static let noteTag = "mlflow.log-model.history"

    private static func history(
        adding note: String, to run: String, _ transaction: any TrackingTransaction
    ) throws -> String {
        let before = try transaction.tag(noteTag, ofRun: run) ?? "[]"
        guard let list = try? JSONSerialization.jsonObject(with: Data(before.utf8)) as? [Any],
            let added = try? JSONSerialization.jsonObject(with: Data(note.utf8)) as? [String: Any]
        else {
            throw RunLogRefusal(
                error: ControlError(.invalid, "'model_json' is not a JSON object", field: "model_json"))
        }
        // A number such as 1e309 can be read, and not be written.
        guard
            let all = try? JSONSerialization.data(
                withJSONObject: list + [added], options: [.sortedKeys, .withoutEscapingSlashes])
        else {
            throw RunLogRefusal(
                error: ControlError(.invalid, "'model_json' has a number that is none", field: "model_json"))
        }
        guard all.count <= TrackingLimits.noteLength else {
            throw RunLogRefusal(
                error: ControlError(
                    .invalid, "the models that run \(run) has noted take more than \(TrackingLimits.noteLength) bytes",
                    field: "model_json"))
        }
        return String(decoding: all, as: UTF8.self)
    }
}

extension RunLog.Entry {
    /// What can be said without looking at what is stored.
    func check() throws(ControlError) {
        try checkCounts()
        for point in metrics {
            try TrackingLimits.checkKey(point.key, field: "metrics")
            guard point.timestamp >= 0 else {
                throw ControlError(
                    .invalid, "the metric '\(point.key)' has the time \(point.timestamp): it must not be negative",
                    field: "metrics")
            }
        }
        var values: [String: String] = [:]
        for (key, value) in params {
            try TrackingLimits.checkKey(key, field: "params")
            guard values.updateValue(value, forKey: key) == nil else {
                throw ControlError(.invalid, "the parameter '\(key)' is there twice in one batch", field: "params")
            }
        }
        for tag in tags { try TrackingLimits.checkKey(tag.key, field: "tags") }
        for input in dataSets { try input.check() }
    }

    private func checkCounts() throws(ControlError) {
        let counts: [(String, Int, Int)] = [
            ("metrics", metrics.count, TrackingLimits.metricsPerBatch),
            ("params", params.count, TrackingLimits.paramsPerBatch), ("tags", tags.count, TrackingLimits.tagsPerBatch),
            ("datasets", dataSets.count, TrackingLimits.dataSetsPerBatch),
            ("models", modelInputs.count + modelOutputs.count, TrackingLimits.dataSetsPerBatch),
            ("metrics, params and tags", metrics.count + params.count + tags.count, TrackingLimits.itemsPerBatch),
        ]
        for (what, count, limit) in counts where count > limit {
            throw ControlError(
                .invalid, "a batch may have at most \(limit) \(what), got \(count)",
                field: String(what.prefix { $0 != "," }))
        }
    }
}

extension DataSetInput {
    /// The limits of MLflow's own server.
    fileprivate func check() throws(ControlError) {
        for (field, value, limit) in [
            ("name", name, 500), ("digest", digest, 36), ("source_type", sourceType, 500), ("source", source, 65_535),
            ("schema", schema ?? "", 1_048_575), ("profile", profile ?? "", 16_777_215),
        ] {
            try TrackingLimits.check(value, field: "datasets.dataset.\(field)", limit: limit)
        }
        guard !name.isEmpty, !digest.isEmpty else {
            throw ControlError(.invalid, "a data set needs a name and a digest", field: "datasets")
        }
        for (key, value) in tags {
            try TrackingLimits.check(key, field: "datasets.tags.key", limit: 255)
            try TrackingLimits.check(value, field: "datasets.tags.value", limit: 500)
        }
    }
}
