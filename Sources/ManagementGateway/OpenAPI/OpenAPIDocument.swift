import Gateway
import Identity
import ManagementAPI

extension JSONValue {
    /// An object with its members in the order of their names, so that the document is the same text every time.
    static func sorted(_ members: [String: JSONValue]) -> JSONValue {
        .object(members.sorted { $0.key < $1.key }.map { ($0.key, $0.value) })
    }
}

/// The OpenAPI 3.1 document of the HTTP port, made from the one list of routes: a route cannot be missing in it.
enum OpenAPIDocument {
    static let version = "3.1.0"

    /// As it is served.
    static let encoded = Array(value.text.utf8)

    static var value: JSONValue {
        [
            "openapi": .string(version),
            "info": [
                "title": "Slipway",
                "version": .string(Release.version),
                "description": """
                Predictions by the Open Inference Protocol v2 and TensorFlow Serving's REST interface, and the \
                management of models and deployments. Every answer carries `slipway-prediction-id`.
                """,
            ],
            "tags": .array(
                ["Predictions", "Management", "MLflow", "Health"].map { .object([("name", .string($0))]) }),
            "paths": .sorted(paths),
            "components": ["schemas": .sorted(OpenAPISchemas.all)],
        ]
    }

    private static var paths: [String: JSONValue] {
        var paths: [String: [String: JSONValue]] = [:]
        for route in Route.all {
            for (number, template) in route.templates.enumerated() {
                paths[template, default: [:]][route.method.rawValue.lowercased()] = operation(
                    route, template: template, number: number)
            }
        }
        return paths.mapValues { .sorted($0) }
    }

    private static func operation(_ route: Route, template: String, number: Int) -> JSONValue {
        let shape = OpenAPIOperation.of(route.id)
        // An operation's id is unique in a document; further paths of a route are numbered.
        let id = route.id.rawValue + (number == 0 ? "" : "_\(number + 1)")
        var operation: [String: JSONValue] = [
            "operationId": .string(id),
            "summary": .string(route.summary),
            "tags": [.string(tag(of: template))],
            "x-slipway-permission": .string(route.permission.rawValue),
            "responses": .sorted(responses(route, template, shape)),
        ]
        let parameters = captures(in: template).map(pathParameter) + shape.parameters
        if !parameters.isEmpty { operation["parameters"] = .array(parameters) }
        if let body = shape.body { operation["requestBody"] = body }
        return .sorted(operation)
    }

    private static func tag(of template: String) -> String {
        if template.contains("/health/") || template == "/metrics" || template == "/" { return "Health" }
        if isMLflow(template) { return "MLflow" }
        return template.hasPrefix("/api/") ? "Management" : "Predictions"
    }

    /// MLflow's own interface, whose messages its documentation describes.
    private static func isMLflow(_ template: String) -> Bool {
        template.contains("/mlflow") || template.hasSuffix("/version") || template.hasSuffix("/health")
    }

    private static func responses(
        _ route: Route, _ template: String, _ shape: OpenAPIOperation
    ) -> [String: JSONValue] {
        var responses: [String: JSONValue] = [:]
        for (status, content) in shape.answers {
            responses[String(status)] = [
                "description": .string(status == 201 ? "Made" : "Done"),
                "content": content,
            ]
        }
        let form = template.contains("/mlflow") || route.isScoring ? "MLflowError" : "APIError"
        let refusal: JSONValue = [
            "description": "Refused or failed; the text says what, where and what to do",
            "content": ["application/json": ["schema": ["$ref": .string("#/components/schemas/" + form)]]],
        ]
        responses["default"] = refusal
        return responses
    }

    /// The names in braces, in order.
    private static func captures(in template: String) -> [String] {
        template.split(separator: "/").compactMap { piece in
            guard piece.first == "{", let close = piece.firstIndex(of: "}") else { return nil }
            return String(piece[piece.index(after: piece.startIndex)..<close])
        }
    }

    private static func pathParameter(_ name: String) -> JSONValue {
        var schema: JSONValue = ["type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$"]
        // A principal: `alice`, `oidc:SUBJECT`, `group:NAME`.
        if name == "member" { schema = ["type": "string", "minLength": 1, "maxLength": 255] }
        // More than one part of a path may stand here.
        if name == "path" { schema = ["type": "string", "minLength": 1] }
        if name == "sha256" { schema = ["type": "string", "pattern": "^[0-9a-f]{64}$"] }
        return ["name": .string(name), "in": "path", "required": true, "schema": schema]
    }
}
