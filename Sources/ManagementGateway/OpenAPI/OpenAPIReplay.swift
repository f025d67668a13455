import Gateway
import ManagementAPI

/// The shapes of what is said when predictions of a ledger are made again.
enum OpenAPIReplay {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let flag = OpenAPISchemas.flag
    private static let number: JSONValue = ["type": "number"]
    private static let strings = OpenAPISchemas.arrayOf(string)

    private static func ref(_ name: String) -> JSONValue { OpenAPISchemas.ref(name) }
    private static func list(_ name: String) -> JSONValue { OpenAPISchemas.arrayOf(ref(name)) }

    static let schemas: [String: JSONValue] = asked.merging(reported) { first, _ in first }

    private static let asked: [String: JSONValue] = [
        "ReplayRequest": OpenAPISchemas.object(
            [
                "version": integer, "from": string, "to": string, "versions": OpenAPISchemas.arrayOf(integer),
                "variant": string, "limit": integer, "tolerance": ref("ReplayTolerance"),
                "tolerances": ["type": "object", "additionalProperties": ref("ReplayTolerance")], "listed": integer,
                "rows": flag,
            ],
            optional: [
                "from", "to", "versions", "variant", "limit", "tolerance", "tolerances", "listed", "rows",
            ]),
        "ReplayTolerance": OpenAPISchemas.object(
            ["relative": number, "absolute": number], optional: ["relative", "absolute"]),
        "ReplayLine": OpenAPISchemas.object(
            [
                "row": ["type": "object"], "progress": ref("ReplayProgressInfo"), "report": ref("ReplayReport"),
                "error": ref("APIError"),
            ], optional: ["row", "progress", "report", "error"]),
        "ReplayProgressInfo": OpenAPISchemas.object(["read": integer, "compared": integer, "apart": integer]),
    ]

    private static let reported: [String: JSONValue] = [
        "ReplayReport": OpenAPISchemas.object(
            [
                "endpoint": string, "space": string, "model": string, "version": integer, "read": integer,
                "predictions": ref("ReplayCompared"), "failed": integer, "skippedPredictions": integer,
                "rows": ref("ReplayCompared"), "classChanges": integer, "oldest": string, "newest": string,
                "answeredBy": list("ReplayAnswerer"), "outputs": list("ReplayOutput"),
                "skipped": list("ReplaySkipped"), "failures": list("ReplayFailure"),
                "disagreements": list("ReplayDisagreement"), "recordedLatency": ref("ReplayLatency"),
                "replayedLatency": ref("ReplayLatency"), "damaged": integer, "stopped": string,
            ], optional: ["classChanges", "oldest", "newest", "stopped"]),
        "ReplayCompared": OpenAPISchemas.object([
            "count": integer, "equal": integer, "withinTolerance": integer, "apart": integer,
        ]),
        "ReplayOutput": OpenAPISchemas.object(
            [
                "name": string, "rows": ref("ReplayCompared"), "largestDifference": number,
                "meanDifference": number, "classChanges": integer, "changes": list("ReplayClassChange"),
                "missing": integer, "leftOut": integer,
            ], optional: ["classChanges"]),
        "ReplayClassChange": OpenAPISchemas.object(["from": string, "to": string, "rows": integer]),
        "ReplayAnswerer": OpenAPISchemas.object(["version": integer, "predictions": integer]),
        "ReplaySkipped": OpenAPISchemas.object(
            ["reason": string, "predictions": integer, "example": string], optional: ["example"]),
        "ReplayFailure": OpenAPISchemas.object(["message": string, "predictions": integer, "prediction": string]),
        "ReplayDisagreement": OpenAPISchemas.object(
            [
                "prediction": string, "time": string, "version": integer, "rows": integer, "rowsApart": integer,
                "row": integer, "output": string, "badness": number, "recorded": strings, "replayed": strings,
            ], optional: ["badness"]),
        "ReplayLatency": OpenAPISchemas.object(
            ["p50": number, "p90": number, "p99": number], optional: ["p50", "p90", "p99"]),
    ]
}
