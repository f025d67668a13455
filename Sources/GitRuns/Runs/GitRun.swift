package import Journal

/// Why a run was begun.
package struct GitRunCause: Sendable, Hashable, Codable {
    package enum Kind: String, Sendable, Hashable, Codable {
        /// Somebody asked for it.
        case request
        /// The repository's host told of a push.
        case push
        /// Somebody asked for the same commit again.
        case again
    }

    package var kind: Kind
    /// One sentence for people.
    package var sentence: String
    /// The run that it repeats.
    package var repeats: Int?

    package init(_ kind: Kind, _ sentence: String, repeats: Int? = nil) {
        self.kind = kind
        self.sentence = sentence
        self.repeats = repeats
    }

    /// Whether it is about the newest there is, so that what waits before it has no use any more.
    var isNewest: Bool { kind != .again }
}

/// One run of a repository: one commit, from its clone to where gates and people let it.
package struct GitRun: Sendable, Hashable {
    /// 1, 2, 3 ... on each server.
    package var number: Int
    package var space: String
    /// As it was when the run was asked for.
    package var repository: GitRepository
    /// The branch or tag, or the commit where it alone was asked for.
    package var ref: String
    /// The commit that was asked for; `nil` for whatever the branch is at.
    package var wanted: String?
    package var cause: GitRunCause
    package var requestedBy: String
    package var requestedAt: Timestamp
    package var life = GitRunLife()

    package init(
        number: Int, repository: GitRepository, ref: String, wanted: String?, cause: GitRunCause, requestedBy: String,
        requestedAt: Timestamp
    ) {
        self.number = number
        self.space = repository.space
        self.repository = repository
        self.ref = ref
        self.wanted = wanted
        self.cause = cause
        self.requestedBy = requestedBy
        self.requestedAt = requestedAt
    }

    /// In whose name it acts: what a person begins is theirs, so that they cannot be the second pair of eyes on it.
    package var principal: Principal { Principal(id: requestedBy) }

    /// The commit that it is bound to: once it was cloned, a restart takes the same one.
    package var commit: String? { life.commit?.id ?? wanted }

    package var isOpen: Bool { life.state.isOpen }

    /// `run 7 of churn`
    package var title: String { "run \(number) of \(repository.name)" }

    /// Where its version is made to answer, once that is known.
    package var target: GitPipeline.Deployment? { life.pipeline?.deploy }

    /// What happened, for the audit.
    func event(_ action: String, _ detail: [String: String] = [:]) -> AuditDraft {
        var detail = detail
        detail["run"] = String(number)
        detail["repository"] = repository.name
        detail["ref"] = ref
        detail["commit"] = commit
        return AuditDraft(action: action, subject: repository.name, detail: detail)
    }
}
