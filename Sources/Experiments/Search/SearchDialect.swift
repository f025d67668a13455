/// What one kind of search knows: which fields there are, what they hold, and what may be asked of them. The names are
/// those that MLflow 3.17's own store takes.
package struct SearchDialect: Sendable {
    package enum Holding: Sendable, Hashable {
        case number
        case text
    }

    /// What is searched, for messages: `runs`.
    package let subject: String
    /// What may stand before the dot, and what it means.
    let kinds: [String: SearchField.Kind]
    /// What may be asked about: attributes by their name in the answer.
    let attributes: [String: Holding]
    /// Other names of attributes.
    let aliases: [String: String]
    /// The attributes that `IN` may ask about.
    let listed: Set<String>
    /// What `IS NULL` may ask about.
    let nullable: Set<SearchField.Kind>
    /// The attributes that may order the answer.
    let ordering: Set<String>
    /// Whether metrics, parameters and tags may order it too.
    let ordersByValues: Bool

    private static let attributeKinds: [String: SearchField.Kind] = [
        "attribute": .attribute, "attributes": .attribute, "attr": .attribute,
    ]
    private static let tagKinds: [String: SearchField.Kind] = ["tag": .tag, "tags": .tag]
    private static let valueKinds: [String: SearchField.Kind] = [
        "metric": .metric, "metrics": .metric, "parameter": .parameter, "parameters": .parameter, "param": .parameter,
        "params": .parameter,
    ]

    package static let runs = SearchDialect(
        subject: "runs",
        kinds: joined(
            attributeKinds, tagKinds, valueKinds,
            ["run": .attribute, "dataset": .dataset, "datasets": .dataset]),
        attributes: [
            "artifact_uri": .text, "end_time": .number, "run_id": .text, "run_name": .text, "start_time": .number,
            "status": .text, "user_id": .text,
        ],
        aliases: [
            "created": "start_time", "Created": "start_time", "run name": "run_name", "Run name": "run_name",
            "Run Name": "run_name",
        ],
        listed: ["run_id"], nullable: [.tag, .parameter],
        ordering: ["artifact_uri", "end_time", "run_id", "run_name", "start_time", "status", "user_id"],
        ordersByValues: true)

    package static let experiments = SearchDialect(
        subject: "experiments", kinds: joined(attributeKinds, tagKinds),
        attributes: [
            "name": .text, "experiment_id": .text, "creation_time": .number, "last_update_time": .number,
        ],
        aliases: [:], listed: ["experiment_id"], nullable: [.tag],
        ordering: ["name", "experiment_id", "creation_time", "last_update_time"], ordersByValues: false)

    package static let loggedModels = SearchDialect(
        subject: "logged models", kinds: joined(attributeKinds, tagKinds, valueKinds),
        attributes: [
            "name": .text, "model_id": .text, "model_type": .text, "status": .text, "source_run_id": .text,
            "creation_timestamp": .number, "last_updated_timestamp": .number,
        ],
        aliases: ["creation_time": "creation_timestamp", "last_updated_time": "last_updated_timestamp"],
        listed: ["name", "model_id", "model_type", "status", "source_run_id"], nullable: [],
        ordering: [
            "name", "model_id", "model_type", "status", "source_run_id", "creation_timestamp",
            "last_updated_timestamp",
        ], ordersByValues: true)

    package static let registeredModels = SearchDialect(
        subject: "registered models", kinds: joined(attributeKinds, tagKinds), attributes: ["name": .text],
        aliases: ["timestamp": "last_updated_timestamp"], listed: ["name"], nullable: [],
        ordering: ["name", "creation_timestamp", "last_updated_timestamp"], ordersByValues: false)

    package static let modelVersions = SearchDialect(
        subject: "model versions", kinds: joined(attributeKinds, tagKinds),
        attributes: ["name": .text, "version_number": .number, "run_id": .text, "source_path": .text],
        aliases: [:], listed: ["name", "run_id"], nullable: [],
        ordering: ["name", "version_number", "creation_timestamp", "last_updated_timestamp"], ordersByValues: false)

    private static func joined(_ parts: [String: SearchField.Kind]...) -> [String: SearchField.Kind] {
        parts.reduce(into: [:]) { all, part in all.merge(part) { first, _ in first } }
    }

    /// What data sets of a run are asked about.
    static let dataSetKeys: Set<String> = ["name", "digest", "context"]
}
