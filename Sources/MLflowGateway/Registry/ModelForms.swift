import Experiments
import Gateway
import Journal
import Registry

/// Models and versions as MLflow's messages have them. Times are milliseconds since 1970.
extension JSONValue {
    init(_ model: RegisteredModel, latest: CatalogVersion?) {
        self = [
            "name": .string(model.name),
            "creation_timestamp": .integer(model.createdAt.milliseconds),
            "last_updated_timestamp": .integer(model.updatedAt.milliseconds),
            "user_id": .string(model.createdBy),
            "description": .string(model.description),
            "latest_versions": .array(latest.map { [JSONValue($0)] } ?? []),
            "tags": .pairs(model.tags),
            "aliases": .array(
                model.aliases.sorted { $0.key < $1.key }
                    .map { ["alias": .string($0.key), "version": .string(String($0.value))] }),
        ]
    }

    init(_ version: CatalogVersion) {
        let origin = version.origin
        let always: [(String, JSONValue?)] = [
            ("name", .string(version.model)), ("version", .string(String(version.number))),
            ("creation_timestamp", .integer(version.createdAt.milliseconds)),
            ("last_updated_timestamp", .integer(version.updatedAt.milliseconds)),
            ("user_id", .string(version.createdBy)), ("current_stage", .string("None")),
            ("description", .string(version.description)), ("source", .string(version.source)),
        ]
        let rest: [(String, JSONValue?)] = [
            ("run_id", .string(origin?.run ?? "")), ("status", .string("READY")),
            ("status_message", origin?.undeployable.map { .string("kept, but it cannot be deployed: \($0)") }),
            ("tags", .pairs(version.tags)), ("run_link", origin?.runLink.map { .string($0) }),
            ("aliases", .array(version.aliases.map { .string($0) })),
            ("model_id", origin?.loggedModel.map { .string($0) }),
        ]
        self = .present(always + rest)
    }
}

extension CatalogVersion {
    /// Where it came from, as the client said; what came in by another way is where it can be read.
    var source: String { origin?.source ?? VersionPlace(self).location }

    func value(_ field: SearchField) -> SearchValue? {
        switch (field.kind, field.key) {
        // Where MLflow looks for models only, it asks for what is no prompt; nothing here is one.
        case (.tag, "mlflow.prompt.is_prompt"): .text(tags[field.key] ?? "false")
        case (.tag, let key): tags[key].map { .text($0) }
        case (.attribute, "name"): .text(model)
        case (.attribute, "version_number"): .number(Double(number))
        case (.attribute, "run_id"): .text(origin?.run ?? "")
        case (.attribute, "source_path"): .text(source)
        case (.attribute, "creation_timestamp"): .number(Double(createdAt.milliseconds))
        case (.attribute, "last_updated_timestamp"): .number(Double(updatedAt.milliseconds))
        default: nil
        }
    }
}

extension RegisteredModel {
    func value(_ field: SearchField) -> SearchValue? {
        switch (field.kind, field.key) {
        case (.tag, "mlflow.prompt.is_prompt"): .text(tags[field.key] ?? "false")
        case (.tag, let key): tags[key].map { .text($0) }
        case (.attribute, "name"): .text(name)
        case (.attribute, "creation_timestamp"): .number(Double(createdAt.milliseconds))
        case (.attribute, "last_updated_timestamp"): .number(Double(updatedAt.milliseconds))
        default: nil
        }
    }
}

extension Timestamp {
    fileprivate var milliseconds: Int { microseconds / 1000 }
}
