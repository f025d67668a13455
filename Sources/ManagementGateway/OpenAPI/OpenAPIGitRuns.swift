import Gateway
import ManagementAPI

/// The shapes of repositories and runs from Git.
enum OpenAPIGitRuns {
    private static let string = OpenAPISchemas.string
    private static let integer = OpenAPISchemas.integer
    private static let flag = OpenAPISchemas.flag
    private static let names = OpenAPISchemas.arrayOf(string)

    static let schemas: [String: JSONValue] = [
        "RepositoryInfo": OpenAPISchemas.object(
            [
                "name": string, "space": string, "url": string, "branch": string, "into": names, "paused": flag,
                "pausedBy": string, "pausedAt": string, "pausedReason": string, "addedAt": string, "addedBy": string,
                "secret": string,
            ], optional: ["pausedBy", "pausedAt", "pausedReason", "secret"]),
        "RepositoryRequest": OpenAPISchemas.object(
            ["name": string, "url": string, "branch": string, "into": names], optional: ["branch", "into"]),
        "GitRunRequest": OpenAPISchemas.object(
            ["repository": string, "ref": string, "repeat": integer, "reason": string],
            optional: ["repository", "ref", "repeat", "reason"]),
        "GitRunStepInfo": OpenAPISchemas.object(
            [
                "name": string, "state": OpenAPISchemas.oneOf(GitRunStepState.self), "message": string,
                "startedAt": string, "endedAt": string,
                "evidence": ["type": "object", "additionalProperties": ["type": "string"]], "hasLog": flag,
            ], optional: ["startedAt", "endedAt"]),
        "GitRunInfo": OpenAPISchemas.object(
            [
                "run": integer, "space": string, "repository": string, "url": string, "ref": string, "commit": string,
                "author": string, "subject": string, "causeKind": string, "cause": string, "repeats": integer,
                "state": OpenAPISchemas.oneOf(GitRunState.self), "message": string, "requestedBy": string,
                "requestedAt": string, "startedAt": string, "endedAt": string, "model": string, "version": integer,
                "isNewVersion": flag, "steps": OpenAPISchemas.arrayOf(OpenAPISchemas.ref("GitRunStepInfo")),
            ],
            optional: [
                "commit", "author", "subject", "repeats", "startedAt", "endedAt", "model", "version", "isNewVersion",
            ]),
        "GitRunLogInfo": OpenAPISchemas.object(["run": integer, "step": string, "bytes": integer, "text": string]),
    ]
}
