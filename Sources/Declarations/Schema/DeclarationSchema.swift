import Deployments
package import Documents
import Foundation
import Governance
import Identity
import ManagementAPI

/// The JSON Schema (2020-12) of `slipway.yaml`, for editors. What it lets pass the reader may still refuse, with better
/// words; what it refuses the reader refuses too.
package enum DeclarationSchema {
    /// As it is served, and as docs/reference/slipway.schema.json has it.
    package static let text: String = {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        // Finite numbers, words and no more: encoding them cannot fail.
        return ((try? encoder.encode(document)).map { String(decoding: $0, as: UTF8.self) } ?? "{}") + "\n"
    }()

    package static let document: DocumentValue = object(
        [
            "spaces": list(space), "dataSets": list(dataSet), "models": list(model),
            "deployments": list(DeploymentSchema.deployment), "monitors": list(MonitorSchema.monitor),
            "pipeline": PipelineSchema.pipeline,
        ],
        more: [
            "$schema": .text("https://json-schema.org/draft/2020-12/schema"), "title": .text("slipway.yaml"),
            "description": .text("The declared state of a Slipway server: slipway apply -f slipway.yaml."),
        ])

    // MARK: building

    static func object(
        _ properties: [String: DocumentValue], required: [String] = [], more: [String: DocumentValue] = [:]
    ) -> DocumentValue {
        var members = more
        members["type"] = .text("object")
        members["properties"] = .mapping(properties)
        members["additionalProperties"] = .flag(false)
        if !required.isEmpty { members["required"] = .list(required.map { .text($0) }) }
        return .mapping(members)
    }

    static func list(_ items: DocumentValue) -> DocumentValue {
        .mapping(["type": .list([.text("array"), .text("null")]), "items": items])
    }

    static func array(_ items: DocumentValue) -> DocumentValue {
        .mapping(["type": .text("array"), "items": items])
    }

    static func words(_ words: [String], _ description: String? = nil) -> DocumentValue {
        described(["enum": .list(words.map { .text($0) })], description)
    }

    static func described(_ members: [String: DocumentValue], _ description: String?) -> DocumentValue {
        var members = members
        if let description { members["description"] = .text(description) }
        return .mapping(members)
    }

    static func text(_ description: String? = nil) -> DocumentValue {
        described(["type": .list([.text("string"), .text("integer")])], description)
    }

    static func whole(_ range: ClosedRange<Int>, standard: Int? = nil, _ description: String? = nil) -> DocumentValue {
        var members: [String: DocumentValue] = [
            "type": .text("integer"), "minimum": .whole(range.lowerBound), "maximum": .whole(range.upperBound),
        ]
        if let standard { members["default"] = .whole(standard) }
        return described(members, description)
    }

    static let flag: DocumentValue = .mapping(["type": .text("boolean")])
    static let number: DocumentValue = .mapping(["type": .text("number")])
    static let anything: DocumentValue = .mapping([:])
    static let anyObject: DocumentValue = .mapping(["type": .text("object")])

    static let duration: DocumentValue = .mapping([
        "anyOf": .list([
            .mapping(["type": .text("integer"), "minimum": .whole(0)]),
            .mapping(["type": .text("string"), "pattern": .text("^[0-9]+[smhd]$")]),
        ]),
        "description": .text("A length of time: 90s, 2m, 1h, 7d, or seconds."),
    ])

    static func name(_ description: String) -> DocumentValue {
        .mapping([
            "anyOf": .list([
                .mapping(["type": .text("string"), "pattern": .text("^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$")]),
                .mapping(["type": .text("integer"), "minimum": .whole(0)]),
            ]),
            "description": .text(description),
        ])
    }

    static let inSpace = name("The space; that of --space, else default, unless given.")

    private static func file(_ description: String) -> DocumentValue {
        .mapping([
            "type": .text("string"), "minLength": .whole(1), "pattern": .text("^[^/]"),
            "description": .text(description + " A path from this file's folder, inside of it."),
        ])
    }

    // MARK: spaces

    static let roles: DocumentValue = array(words(Role.ofMembers.map(\.rawValue)))

    private static let space: DocumentValue = object(
        [
            "name": name("The space's name."), "policy": policy,
            "members": list(
                object(
                    [
                        "principal": text("A name, oidc:SUBJECT or group:NAME."),
                        "role": words(Role.ofMembers.map(\.rawValue)),
                    ], required: ["principal", "role"])),
        ], required: ["name"])

    private static let approvals: DocumentValue = object([
        "count": whole(0...16), "roles": roles, "fourEyes": flag,
    ])

    private static let policy: DocumentValue = object(
        [
            "promotesFrom": array(name("A space that versions may come from, by promotion.")),
            "gates": array(
                .mapping([
                    "type": .text("object"), "required": .list([.text("name"), .text("kind")]),
                    "properties": .mapping([
                        "name": name("The gate's name."), "kind": words(GateKind.allCases.map(\.rawValue)),
                        "models": array(name("A model that the gate is for.")),
                    ]),
                ])),
            "approvals": approvals, "rolloutApprovals": approvals, "isolation": words(["any", "shared", "worker"]),
            "deploy": roles, "rollout": roles, "rollback": roles, "frozen": flag, "frozenReason": text(),
        ],
        more: ["description": .text("All that the space demands: docs/reference/policy.md. Absent, it stays as it is.")]
    )

    // MARK: bytes

    private static let dataSet: DocumentValue = object(
        [
            "name": name("The data set's name."), "space": inSpace, "file": file("The rows, CSV or JSON Lines."),
            "format": words(DataFileFormat.allCases.map(\.rawValue)),
            "schema": object(
                [
                    "columns": array(
                        object(
                            [
                                "name": text(), "type": words(DataColumnType.allCases.map(\.rawValue)),
                                "allowsMissing": flag,
                            ], required: ["name", "type"]))
                ], required: ["columns"]),
        ], required: ["name"])

    private static let model: DocumentValue = object(
        [
            "name": name("The model's name."), "space": inSpace,
            "file": file("The model's file, or a folder with all of its files."),
            "golden": file("Requests that the version brings along."),
            "reference": file("Rows that drift is measured against."),
            "metrics": .mapping(["type": .text("object"), "additionalProperties": number]),
            "tags": .mapping(["type": .text("object"), "additionalProperties": text()]),
            "gitCommit": text("The commit that it was trained from."),
            "dataSet": text("NAME or NAME:VERSION of the data set that it was trained on."),
        ], required: ["name"])
}
