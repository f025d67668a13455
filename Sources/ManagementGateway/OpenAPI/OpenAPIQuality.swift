import Gateway
import ManagementAPI

/// The shapes of feedback and of what it comes to.
enum OpenAPIQuality {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let number: JSONValue = ["type": "number"]
    private static let value: JSONValue = ["type": ["string", "number", "boolean", "null"]]

    static let schemas: [String: JSONValue] = [
        "FeedbackRequest": OpenAPISchemas.object(["items": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("FeedbackItem"))]),
        "FeedbackItem": OpenAPISchemas.object(
            [
                "prediction": string, "request_id": string, "key": ["type": ["string", "number", "boolean"]],
                "truth": ["oneOf": [value, OpenAPISchemas.arrayOf(value)]], "at": string,
            ], optional: ["prediction", "request_id", "key", "at"]),
        "FeedbackAnswer": OpenAPISchemas.object([
            "accepted": integer, "joined": integer, "waiting": integer, "duplicates": integer, "changed": integer,
            "outdated": integer, "refused": integer, "rows": integer,
            "refusals": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("FeedbackRefusal")),
        ]),
        "FeedbackRefusal": OpenAPISchemas.object(["item": integer, "reason": string]),
        "QualityInfo": OpenAPISchemas.object([
            "endpoint": string, "space": string, "configured": OpenAPISchemas.flag, "waiting": integer,
            "unusable": integer, "versions": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("VersionQualityInfo")),
        ]),
        "VersionQualityInfo": OpenAPISchemas.object(
            [
                "version": integer, "predictions": integer, "rows": integer, "labelled": integer, "task": string,
                "windows": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("QualityWindowInfo")),
            ], optional: ["task"]),
        "QualityWindowInfo": OpenAPISchemas.object(
            [
                "window": string, "size": integer, "rows": integer, "from": string, "to": string,
                "figures": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("QualityFigureInfo")),
                "segments": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("QualitySegmentInfo")),
                "notes": OpenAPISchemas.arrayOf(string),
            ], optional: ["from", "to"]),
        "QualitySegmentInfo": OpenAPISchemas.object([
            "input": string, "value": string, "rows": integer,
            "figures": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("QualityFigureInfo")),
        ]),
        "QualityFigureInfo": OpenAPISchemas.object(
            [
                "metric": string, "rows": integer, "value": number, "low": number, "high": number, "method": string,
                "remark": string, "reference": number,
            ], optional: ["value", "low", "high", "method", "remark", "reference"]),
    ]
}
