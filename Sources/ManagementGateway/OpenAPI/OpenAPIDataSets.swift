import Gateway
import ManagementAPI

/// The shapes of data sets and of rules for them.
enum OpenAPIDataSets {
    static let schemas: [String: JSONValue] = [
        "DataColumn": OpenAPISchemas.object([
            "name": string, "type": OpenAPISchemas.oneOf(DataColumnType.self), "allowsMissing": ["type": "boolean"],
        ]),
        "DataSchema": OpenAPISchemas.object(["columns": list("DataColumn")]),
        "DataSetPushRequest": OpenAPISchemas.object(
            [
                "name": string, "sha256": string, "size": integer, "format": format,
                "schema": reference("DataSchema"),
            ], optional: ["schema"]),
        "DataSetPushResponse": OpenAPISchemas.object([
            "dataSet": reference("DataSetInfo"), "isNew": ["type": "boolean"],
        ]),
        "DataSetInfo": OpenAPISchemas.object([
            "name": string, "version": integer, "space": string, "format": format, "sha256": string, "size": integer,
            "rows": integer, "schema": reference("DataSchema"), "createdAt": string, "createdBy": string,
        ]),
        "DataColumnRule": OpenAPISchemas.object(
            [
                "name": string, "type": OpenAPISchemas.oneOf(DataColumnType.self), "min": number, "max": number,
                "maxMissingShare": share, "allowed": ["type": "array", "items": string],
            ], optional: ["type", "min", "max", "maxMissingShare", "allowed"]),
        "DataRules": OpenAPISchemas.object(
            [
                "dataset": string, "columns": list("DataColumnRule"), "onlyTheseColumns": ["type": "boolean"],
                "minRows": integer, "maxRows": integer, "maxDuplicateShare": share,
            ], optional: ["minRows", "maxRows", "maxDuplicateShare", "onlyTheseColumns"]),
    ]

    private static let string: JSONValue = ["type": "string"]
    private static let integer: JSONValue = ["type": "integer"]
    private static let number: JSONValue = ["type": "number"]
    private static let share: JSONValue = ["type": "number", "minimum": 0, "maximum": 1]
    private static let format = OpenAPISchemas.oneOf(DataFileFormat.self)

    private static func reference(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/" + name)] }
    private static func list(_ name: String) -> JSONValue { ["type": "array", "items": reference(name)] }
}
