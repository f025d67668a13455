/// Something that a version is needed for, so that it cannot be deleted.
package enum VersionHold: Sendable, Hashable {
    /// An endpoint of the space serves it.
    case deployed(endpoint: String)
    /// An endpoint of the space served it before what it serves now: a rollback goes there.
    case rollbackTarget(endpoint: String)
    /// An open rollout of an endpoint goes to it, or would go back to it.
    case rollout(number: Int, endpoint: String)
    /// It is available in another space, where a promotion brought it.
    case available(space: String)
    /// A promotion to another space is under way.
    case promotion(number: Int, to: String)

    /// What it is, for a sentence that begins with why the version is needed.
    var clause: String {
        switch self {
        case .deployed(let endpoint): "endpoint '\(endpoint)' serves it"
        case .rollbackTarget(let endpoint): "endpoint '\(endpoint)' would roll back to it"
        case .rollout(let number, let endpoint): "rollout \(number) of endpoint '\(endpoint)' is open"
        case .available(let space): "space '\(space)' has it too"
        case .promotion(let number, let space): "promotion \(number) to space '\(space)' is under way"
        }
    }

    /// What has to happen before the version can go.
    var remedy: String {
        switch self {
        case .deployed(let endpoint): "deploy another version at '\(endpoint)', or delete the endpoint"
        case .rollbackTarget(let endpoint):
            "deploy once more at '\(endpoint)', so that it would roll back to another version, or delete the endpoint"
        case .rollout(let number, let endpoint): "promote or abort rollout \(number) of '\(endpoint)', or let it end"
        case .available(let space): "delete it in space '\(space)' first"
        case .promotion(let number, _): "withdraw promotion \(number), or let it end"
        }
    }
}

/// The answer to a deletion.
package struct VersionDeletion: Sendable, Hashable, Codable {
    package let model: String
    package let number: Int
    package let digest: String
    /// The space that no longer has it.
    package let space: String
    /// Whether the version is gone altogether, or only from a space where a promotion had brought it.
    package let isGone: Bool

    package init(model: String, number: Int, digest: String, space: String, isGone: Bool) {
        self.model = model
        self.number = number
        self.digest = digest
        self.space = space
        self.isGone = isGone
    }
}
