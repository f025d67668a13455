import Deployments
import Documents
import ManagementAPI

/// The part of the schema about deployments; ranges come from the one list that validation follows.
enum DeploymentSchema {
    private typealias Schema = DeclarationSchema

    static let deployment: DocumentValue = Schema.object(
        [
            "endpoint": Schema.name("The endpoint's name."), "space": Schema.inSpace,
            "model": Schema.name("The model; the endpoint's name unless given."),
            "version": .mapping([
                "anyOf": .list([
                    .mapping(["type": .text("integer"), "minimum": .whole(1)]), Schema.words(["latest", "file"]),
                ]),
                "description": .text(
                    "A number, 'latest' in the space, or 'file': the bytes that models declares. Absent, what serves stays."
                ),
            ]),
            "options": options, "rollout": rollout, "watch": Schema.duration,
            "reason": Schema.text("Why, for the history."),
        ], required: ["endpoint"])

    private static let options: DocumentValue = Schema.object(
        numbers(under: nil).merging([
            "batching": Schema.object(numbers(under: "batching"), required: ["maxBatchSize"]),
            "isolation": Schema.words(IsolationMode.allCases.map(\.rawValue)),
            "ledger": Schema.object(
                numbers(under: "ledger").merging([
                    "share": .mapping(["type": .text("number"), "minimum": .whole(0), "maximum": .whole(1)]),
                    "exclude": Schema.array(.mapping(["type": .text("string")])),
                    "hash": Schema.array(.mapping(["type": .text("string")])),
                ]) { first, _ in first }),
        ]) { first, _ in first },
        more: [
            "description": .text(
                "What is not given is the default: docs/reference/deployment.md. Absent, the options stay as they are.")
        ])

    private static func numbers(under parent: String?) -> [String: DocumentValue] {
        var schemas: [String: DocumentValue] = [:]
        for option in OptionRange.all {
            let path = option.name.split(separator: ".").map(String.init)
            guard let name = path.last, path.dropLast().last == parent else { continue }
            schemas[name] = Schema.whole(option.range, standard: option.standard)
        }
        return schemas
    }

    private static let rollout: DocumentValue = Schema.object(
        [
            "strategy": Schema.words(["canary", "blue-green", "ab", "shadow"]), "steps": Schema.array(Schema.anything),
            "hold": Schema.duration, "weight": Schema.number, "metrics": Schema.array(Schema.anyObject),
            "sticky": Schema.anyObject, "header": Schema.text(), "analysis": Schema.anyObject,
            "checks": Schema.array(Schema.anyObject), "watch": Schema.duration, "maxErrorRate": Schema.number,
            "shadow": Schema.anyObject, "expires": Schema.duration, "reason": Schema.text(),
        ],
        more: ["description": .text("How another version takes over: docs/reference/rollout.md, without 'to'.")])
}
