import Gateway

/// What operations are put together from.
extension OpenAPIOperation {
    static func listing(_ schema: String, _ further: [JSONValue] = []) -> OpenAPIOperation {
        OpenAPIOperation(
            parameters: [
                query("limit", ["type": "integer", "minimum": 1, "maximum": 1000, "default": 100]),
                query("after", ["type": "string"]),
            ] + further,
            answers: [200: json(pageOf(schema))])
    }

    static let idempotencyKey = header(
        "Idempotency-Key", "The same key with the same request gives the same answer, however often it is sent")
    static let ifMatch = header("If-Match", "The revision that must be current, as ETag gave it")

    static func pageOf(_ schema: String) -> JSONValue {
        [
            "type": "object", "required": ["items"],
            "properties": ["items": ["type": "array", "items": ref(schema)], "next": ["type": "string"]],
        ]
    }

    static func ref(_ schema: String) -> JSONValue {
        ["$ref": .string("#/components/schemas/" + schema)]
    }

    static func json(_ schema: String) -> JSONValue { json(ref(schema)) }

    static func json(_ schema: JSONValue) -> JSONValue { ["application/json": ["schema": schema]] }

    static var anyObject: JSONValue { json(["type": ["object", "array"]]) }

    static func plain(_ type: String) -> JSONValue { .sorted([type: ["schema": ["type": "string"]]]) }

    static func document(_ schema: String) -> JSONValue {
        ["required": true, "content": json(schema)]
    }

    static func optional(_ schema: String) -> JSONValue {
        ["required": false, "content": json(schema)]
    }

    static func query(_ name: String, _ schema: JSONValue) -> JSONValue {
        ["name": .string(name), "in": "query", "required": false, "schema": schema]
    }

    static func header(_ name: String, _ description: String) -> JSONValue {
        [
            "name": .string(name), "in": "header", "required": false, "description": .string(description),
            "schema": ["type": "string"],
        ]
    }
}
