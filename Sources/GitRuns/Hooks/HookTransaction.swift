package import Journal

/// A repository, as far as messages about it are concerned.
package struct HookedRepository: Sendable, Hashable {
    package let name: String
    package let space: String
    package let url: String
    /// Pushes to this branch start runs.
    package let branch: String
    /// What its secret is made with.
    package let salt: String

    package init(name: String, space: String, url: String, branch: String, salt: String) {
        self.name = name
        self.space = space
        self.url = url
        self.branch = branch
        self.salt = salt
    }
}

/// A message that was answered.
package struct AnsweredMessage: Sendable, Hashable {
    /// Of its body.
    package let digest: String
    /// `nil` where the sender gave none.
    package let delivery: String?
    package let answer: HookAnswer

    package init(digest: String, delivery: String?, answer: HookAnswer) {
        self.digest = digest
        self.delivery = delivery
        self.answer = answer
    }
}

/// Where is kept what messages need.
package protocol HookTransaction {
    func hookedRepository(_ name: String) throws -> HookedRepository?
    /// The message of a repository with this body or, where it has one, this delivery; `nil` where none is remembered.
    func answeredMessage(digest: String, delivery: String?, repository: String) throws -> AnsweredMessage?
    /// Remembers a message, and forgets the oldest of the repository beyond `atMost`.
    func remember(_ message: AnsweredMessage, repository: String, atMost: Int) throws
    func setSalt(_ salt: String, ofRepository name: String) throws
}

/// Where hooks keep what they remember.
package typealias HookUnitOfWork = any UnitOfWork<any HookTransaction>
