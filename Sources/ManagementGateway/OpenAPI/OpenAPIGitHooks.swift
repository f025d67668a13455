import Gateway
import ManagementAPI

/// Messages of Git services, and the secret that they are signed with.
enum OpenAPIGitHooks {
    static let schemas: [String: JSONValue] = [
        "GitHookAnswer": OpenAPISchemas.object(
            [
                "outcome": OpenAPISchemas.oneOf(GitHookAnswer.Outcome.self), "message": OpenAPISchemas.string,
                "run": OpenAPISchemas.integer,
            ], optional: ["run"]),
        "RepositorySecretInfo": OpenAPISchemas.object([
            "repository": OpenAPISchemas.string, "path": OpenAPISchemas.string, "secret": OpenAPISchemas.string,
        ]),
    ]
}
