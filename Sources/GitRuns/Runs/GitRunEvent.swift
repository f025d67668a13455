/// A commit as Git tells of it.
package struct GitCommit: Sendable, Hashable, Codable {
    /// Its whole name.
    package var id: String
    /// `Ada <ada@example.com>`
    package var author: String
    /// The first line of its message.
    package var subject: String

    package init(id: String, author: String, subject: String) {
        self.id = id
        self.author = author
        self.subject = subject
    }

    /// `1a2b3c4 (fewer columns)`
    package var words: String { "\(id.prefix(7))" + (subject.isEmpty ? "" : " (\(subject))") }
}

/// The version that a run's push came to.
package struct PushedVersion: Sendable, Hashable, Codable {
    package var model: String
    package var number: Int
    /// False where these bytes were a version already: a revert, or a commit that changes no model.
    package var isNew: Bool

    package init(model: String, number: Int, isNew: Bool) {
        self.model = model
        self.number = number
        self.isNew = isNew
    }

    /// `churn:3`
    package var label: String { "\(model):\(number)" }
}

/// What happens to a run.
package enum GitRunEvent: Sendable, Hashable {
    /// Its turn has come.
    case began
    /// The step `clone` has got the commit, and this is what it asks for.
    case cloned(GitCommit, GitPipeline)
    case pushed(PushedVersion, message: String, evidence: [String: String] = [:])
    case succeeded(String, evidence: [String: String] = [:])
    /// For people, gates or a rollout.
    case waits(String, evidence: [String: String] = [:])
    /// A gate, a person, a policy or a rollout says no.
    case blocked(String, evidence: [String: String] = [:])
    case failed(String, evidence: [String: String] = [:])
    case cancelled(String)
    case superseded(by: Int)
    /// Whoever was carrying out a step is not there any more; in an orderly way where the server was told to stop.
    case serverEnded(orderly: Bool)
}

/// What has to follow.
package enum GitRunAction: Sendable, Hashable {
    case carryOut(RunStep)
    case wait
    case end
    /// The event cannot happen now; nothing has changed.
    case refuse(String)
}
