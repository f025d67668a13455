import Deployments
import Gateway
import ManagementAPI

/// The schemas of a deployment's options, with ranges and defaults from the one list that validation follows.
enum OpenAPIDeploymentOptions {
    static let options = OpenAPISchemas.object(
        numbers(under: nil).merging([
            "batching": ["$ref": "#/components/schemas/BatchingOptions"],
            "isolation": OpenAPISchemas.oneOf(IsolationMode.self),
            "ledger": ["$ref": "#/components/schemas/LedgerOptions"],
        ]) { first, _ in first }, optional: everything)

    static let batching = OpenAPISchemas.object(
        numbers(under: "batching"), optional: ["maxDelayMicroseconds"])

    static let ledger = OpenAPISchemas.object(
        numbers(under: "ledger").merging([
            "share": ["type": "number", "minimum": 0, "maximum": 1, "default": 1],
            "exclude": OpenAPISchemas.arrayOf(OpenAPISchemas.string),
            "hash": OpenAPISchemas.arrayOf(OpenAPISchemas.string),
        ]) { first, _ in first },
        optional: ["share", "exclude", "hash", "retentionDays", "retentionBytes"])

    private static let everything = Set(numbers(under: nil).keys).union(["batching", "isolation", "ledger"])

    /// The options of the object called `parent`, or of none.
    private static func numbers(under parent: String?) -> [String: JSONValue] {
        var schemas: [String: JSONValue] = [:]
        for option in OptionRange.all {
            let path = option.name.split(separator: ".").map(String.init)
            guard let name = path.last, path.dropLast().last == parent else { continue }
            var schema: [(String, JSONValue)] = [
                ("type", "integer"), ("minimum", .integer(option.range.lowerBound)),
                ("maximum", .integer(option.range.upperBound)),
            ]
            if let standard = option.standard { schema.append(("default", .integer(standard))) }
            schemas[name] = .object(schema)
        }
        return schemas
    }
}
