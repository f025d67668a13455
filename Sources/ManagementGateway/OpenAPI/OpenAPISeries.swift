import Gateway
import ManagementAPI

/// The shapes of an endpoint's monitor and its time series.
enum OpenAPISeries {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let number: JSONValue = ["type": "number"]
    private static let counts = OpenAPISchemas.ref("SeriesCountsInfo")
    private static let latency = OpenAPISchemas.ref("SeriesLatencyInfo")
    private static let integers: JSONValue = ["type": "object", "additionalProperties": integer]

    static let schemas: [String: JSONValue] = [
        "MonitorInfo": OpenAPISchemas.object(
            [
                "endpoint": string, "space": string, "revision": integer, "document": ["type": "object"],
                "setAt": string, "setBy": string,
            ], optional: ["setAt", "setBy"]),
        "SeriesInfo": OpenAPISchemas.object([
            "endpoint": string, "space": string, "from": string, "to": string, "step": integer, "bytes": integer,
            "total": counts, "versions": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("SeriesVersionInfo")),
            "points": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("SeriesPointInfo")),
        ]),
        "SeriesVersionInfo": OpenAPISchemas.object(
            ["version": integer, "revision": integer, "variant": string, "counts": counts], optional: ["variant"]),
        "SeriesPointInfo": OpenAPISchemas.object(["time": string, "counts": counts], optional: ["counts"]),
        "SeriesCountsInfo": OpenAPISchemas.object(countsProperties, optional: Set(countsProperties.keys)),
        "SeriesLatencyInfo": OpenAPISchemas.object(["mean": number, "p50": number, "p90": number, "p99": number]),
    ]

    private static let countsProperties: [String: JSONValue] = [
        "requests": integer, "failures": integer, "errors": integer, "kinds": integers, "rows": integer,
        "runs": integer, "runsByRows": integers, "latency": latency, "queue": latency, "compute": latency,
        "encode": latency, "queueDepth": integer, "memoryBytes": integer, "loads": integer, "loadFailures": integer,
        "departures": integer,
    ]
}
