/// What a message of a Git service came to.
public struct GitHookAnswer: Codable, Sendable, Hashable {
    public enum Outcome: String, Codable, Sendable, Hashable, CaseIterable {
        case started, ignored, pong
    }

    public var outcome: Outcome
    /// One sentence.
    public var message: String
    /// The run that was begun.
    public var run: Int?

    public init(outcome: Outcome, message: String, run: Int? = nil) {
        self.outcome = outcome
        self.message = message
        self.run = run
    }
}

/// The secret that messages about a repository are signed with. It cannot be shown again, only made anew.
public struct RepositorySecretInfo: Codable, Sendable, Hashable {
    public var repository: String
    /// Where the Git service sends its messages, on this server.
    public var path: String
    public var secret: String

    public init(repository: String, path: String, secret: String) {
        self.repository = repository
        self.path = path
        self.secret = secret
    }
}
