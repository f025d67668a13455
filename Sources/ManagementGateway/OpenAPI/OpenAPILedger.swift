import Gateway
import ManagementAPI

/// The shapes of what is said about an endpoint's ledger.
enum OpenAPILedger {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer

    static let schemas: [String: JSONValue] = [
        "LedgerInfo": OpenAPISchemas.object(
            [
                "endpoint": string, "space": string, "options": OpenAPISchemas.ref("LedgerOptions"), "rows": integer,
                "bytes": integer, "files": integer, "oldest": string, "newest": string, "damaged": integer,
                "recorded": integer, "droppedQueue": integer, "droppedDisk": integer,
            ], optional: ["options", "oldest", "newest"]),
        "ForgetRequest": OpenAPISchemas.object(["field": string, "equals": string]),
        "ForgetAnswer": OpenAPISchemas.object([
            "rows": integer, "withField": integer, "unreadable": integer, "damaged": integer,
        ]),
    ]
}
