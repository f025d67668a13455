import Gateway

extension OpenAPIOperation {
    static var feedback: OpenAPIOperation {
        OpenAPIOperation(
            body: [
                "required": true,
                "content": [
                    "application/json": ["schema": ["$ref": "#/components/schemas/FeedbackRequest"]],
                    "application/x-ndjson": ["schema": ["type": "string"]],
                ],
            ],
            answers: [200: ["application/json": ["schema": ["$ref": "#/components/schemas/FeedbackAnswer"]]]])
    }

    static var quality: OpenAPIOperation {
        let parameters: [(String, JSONValue)] = [
            ("rows", ["type": "integer", "minimum": 1, "maximum": 1_000_000]),
            ("hours", ["type": "integer", "minimum": 1, "maximum": 8784]),
            ("version", ["type": "integer", "minimum": 1]),
        ]
        return OpenAPIOperation(
            parameters: parameters.map { name, schema in
                ["name": .string(name), "in": "query", "required": false, "schema": schema]
            },
            answers: [200: ["application/json": ["schema": ["$ref": "#/components/schemas/QualityInfo"]]]])
    }
}
