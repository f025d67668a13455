import Gateway
import ManagementAPI

/// The shapes of bodies about applications of declared state.
enum OpenAPIApplications {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let plan: JSONValue = ["type": "string", "pattern": "^[0-9a-f]{64}$"]

    static let schemas: [String: JSONValue] = [
        "ApplicationRequest": OpenAPISchemas.object(["plan": plan, "steps": integer]),
        "ApplicationInfo": OpenAPISchemas.object([
            "application": integer, "principal": string, "plan": plan, "steps": integer, "since": string,
            "patienceSeconds": integer,
        ]),
        "ApplicationEndRequest": OpenAPISchemas.object([
            "outcome": OpenAPISchemas.oneOf(ApplicationResult.self), "done": integer,
        ]),
        "ApplicationsInfo": OpenAPISchemas.object(
            ["generation": integer, "current": OpenAPISchemas.ref("ApplicationInfo")], optional: ["current"]),
    ]
}
