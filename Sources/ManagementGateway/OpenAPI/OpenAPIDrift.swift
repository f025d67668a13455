import Gateway
import ManagementAPI

/// The shapes of what is said about drift.
enum OpenAPIDrift {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let number: JSONValue = ["type": "number"]
    private static let flag = OpenAPISchemas.flag
    private static let verdict = OpenAPISchemas.oneOf(DriftVerdictWord.self)
    private static let window = OpenAPISchemas.ref("DriftWindowInfo")

    static let schemas: [String: JSONValue] = [
        "DriftInfo": OpenAPISchemas.object(
            [
                "endpoint": string, "space": string, "enabled": flag, "live": integer,
                "versions": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("DriftVersionInfo")),
            ], optional: ["live"]),
        "DriftVersionInfo": OpenAPISchemas.object(
            [
                "version": integer, "watched": flag, "reference": OpenAPISchemas.ref("DriftReferenceInfo"),
                "open": OpenAPISchemas.ref("DriftOpenWindowInfo"), "latest": window,
                "windows": OpenAPISchemas.arrayOf(window), "leftOut": OpenAPISchemas.arrayOf(string),
                "sampled": integer, "dropped": integer, "bytes": integer,
            ], optional: ["latest", "windows"]),
        "DriftReferenceInfo": OpenAPISchemas.object([
            "kind": OpenAPISchemas.oneOf(DriftReferenceKind.self), "rows": integer, "missingRows": integer,
            "fromFile": integer, "fromFirstRows": integer,
        ]),
        "DriftOpenWindowInfo": OpenAPISchemas.object(["number": integer, "rows": integer, "seconds": number]),
        "DriftWindowInfo": OpenAPISchemas.object([
            "number": integer, "verdict": verdict, "rows": integer, "seconds": number, "closedAt": string,
            "alpha": number, "inARow": integer,
            "features": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("DriftFeatureInfo")),
        ]),
        "DriftFeatureInfo": OpenAPISchemas.object(
            features.merging(distances) { first, _ in first },
            optional: Set(distances.keys).union(["newCategory"])),
    ]

    private static let features: [String: JSONValue] = [
        "feature": string, "role": string, "tensor": string, "column": integer, "aspect": string, "verdict": verdict,
        "test": string, "pValue": number, "adjusted": number, "effect": number, "isLarge": flag,
        "referenceRows": integer, "rows": integer, "referenceMissing": number, "missing": number, "outOfRange": number,
        "newCategory": string, "newShare": number,
    ]

    private static let distances: [String: JSONValue] = [
        "stabilityIndex": number, "jensenShannon": number, "kolmogorovSmirnov": number, "wasserstein": number,
        "cramersV": number, "referenceMean": number, "mean": number,
    ]
}
