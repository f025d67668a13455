import Gateway
import ManagementAPI

/// The shapes of bodies about members and keys.
enum OpenAPIAccess {
    private static let string: JSONValue = ["type": "string"]
    private static let integer: JSONValue = ["type": "integer"]
    private static let strings: JSONValue = ["type": "array", "items": ["type": "string"]]
    private static let flag: JSONValue = ["type": "boolean"]
    private static let role = OpenAPISchemas.oneOf(RoleName.self)
    private static let roles: JSONValue = ["type": "array", "items": role]
    private static let memberRole: JSONValue = [
        "type": "string",
        "enum": .array(RoleName.allCases.filter { $0 != .reporter }.map { .string($0.rawValue) }),
    ]

    private static func ref(_ name: String) -> JSONValue { ["$ref": .string("#/components/schemas/" + name)] }

    static let schemas: [String: JSONValue] = [
        "CallerInfo": OpenAPISchemas.object(
            [
                "principal": string, "isAdmin": flag, "key": string, "home": string, "expiresAt": string,
                "spaces": [
                    "type": "array", "items": OpenAPISchemas.object(["space": string, "roles": roles]),
                ],
            ], optional: ["key", "expiresAt"]),
        "MemberInfo": OpenAPISchemas.object([
            "space": string, "principal": string, "role": memberRole, "createdAt": string, "createdBy": string,
        ]),
        "MemberRequest": OpenAPISchemas.object(["role": memberRole]),
        "AdminInfo": OpenAPISchemas.object(["principal": string, "createdAt": string, "createdBy": string]),
        "KeyLimits": OpenAPISchemas.object(limits, optional: Set(limits.keys)),
        "KeyRequest": OpenAPISchemas.object(request, optional: Set(request.keys)),
        "RotateRequest": OpenAPISchemas.object(["overlapSeconds": integer], optional: ["overlapSeconds"]),
        "KeyInfo": OpenAPISchemas.object(
            [
                "id": string, "name": string, "principal": string, "state": OpenAPISchemas.oneOf(KeyInfo.State.self),
                "home": string, "spaces": strings, "roles": roles, "endpoints": strings, "limits": ref("KeyLimits"),
                "usage": OpenAPISchemas.object(["requests": integer, "rows": integer]), "createdAt": string,
                "createdBy": string, "expiresAt": string, "revokedAt": string, "replacedBy": string,
            ],
            optional: ["home", "spaces", "roles", "endpoints", "usage", "expiresAt", "revokedAt", "replacedBy"]),
        "NewKey": OpenAPISchemas.object(["key": string, "info": ref("KeyInfo")]),
    ]

    private static let limits = [
        "requestsPerSecond": integer, "rowsPerSecond": integer, "requestsPerMonth": integer, "rowsPerMonth": integer,
    ]

    private static let request: [String: JSONValue] = [
        "name": string, "principal": string, "home": string, "spaces": strings, "roles": roles, "endpoints": strings,
        "limits": ref("KeyLimits"), "expiresInSeconds": integer,
    ]
}
