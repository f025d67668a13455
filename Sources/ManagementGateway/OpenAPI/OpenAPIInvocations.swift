import Gateway

enum OpenAPIInvocations {
    static let schemas: [String: JSONValue] = [
        "MLflowError": OpenAPISchemas.object([
            "error_code": OpenAPISchemas.string, "message": OpenAPISchemas.string,
        ])
    ]
}

extension OpenAPIOperation {
    /// Scoring as MLflow's server takes it; `byName` where the path names no endpoint.
    static func invocations(byName: Bool) -> OpenAPIOperation {
        let table: JSONValue = [
            "type": "object", "required": ["data"],
            "properties": ["columns": ["type": "array"], "index": ["type": "array"], "data": ["type": "array"]],
        ]
        return OpenAPIOperation(
            parameters: byName
                ? [
                    query("endpoint", ["type": "string", "description": "Or the header X-Amzn-SageMaker-Target-Model"])
                ] : [],
            body: [
                "required": true,
                "content": [
                    "application/json": [
                        "schema": [
                            "type": "object",
                            "description": "Exactly one of these",
                            "properties": [
                                "dataframe_split": table, "dataframe_records": ["type": "array"], "instances": [:],
                                "inputs": [:],
                            ],
                        ]
                    ],
                    "text/csv": ["schema": ["type": "string"]],
                ],
            ],
            answers: [
                200: [
                    "application/json": [
                        "schema": ["type": "object", "required": ["predictions"], "properties": ["predictions": [:]]]
                    ],
                    "text/csv": ["schema": ["type": "string"]],
                ]
            ])
    }
}
