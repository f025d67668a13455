package import Journal

/// The request that makes one version available in the next space, with everything that has happened to it.
package struct Promotion: Sendable, Hashable {
    /// 1, 2, 3 ... on each server.
    package let number: Int
    package let model: String
    package let version: Int
    /// The version's digest.
    package let digest: String
    package let source: String
    package let target: String
    package let requestedBy: String
    /// Who pushed the version.
    package let pushedBy: String
    package let requestedAt: Timestamp
    /// Whether the spaces that it was asked for are still there; another of the same name is another space.
    package let hasSource: Bool
    package let hasTarget: Bool
    package private(set) var life: PromotionLife
    package private(set) var steps: [PromotionStep]

    package init(
        number: Int, draft: PromotionDraft, requestedAt: Timestamp, hasSource: Bool = true, hasTarget: Bool = true,
        steps: [PromotionStep] = []
    ) {
        self.number = number
        model = draft.model
        version = draft.version
        digest = draft.digest
        source = draft.source
        target = draft.target
        requestedBy = draft.requestedBy
        pushedBy = draft.pushedBy
        self.requestedAt = requestedAt
        self.hasSource = hasSource
        self.hasTarget = hasTarget
        life = PromotionLife(requestedBy: draft.requestedBy, pushedBy: draft.pushedBy)
        self.steps = []
        for step in steps {
            _ = life.handle(step.event, by: step.by, at: step.at)
            self.steps.append(step)
        }
    }

    /// `churn:3`
    package var label: String { "\(model):\(version)" }

    package var state: PromotionLife.State { life.state }

    /// Whether it goes into the space or out of it.
    package func concerns(_ space: String) -> Bool {
        hasTarget && target == space || hasSource && source == space
    }

    /// Why it was asked for, in the words of who did; may be empty.
    package var reason: String {
        for step in steps { if case .requested(let reason) = step.event { return reason } }
        return ""
    }

    /// Of the last step.
    package var updatedAt: Timestamp { steps.last?.at ?? requestedAt }

    /// Takes the event as the next step; a refused one leaves everything as it was.
    mutating func take(_ event: PromotionEvent, by: String, at: Timestamp) -> PromotionLife.Action {
        let action = life.handle(event, by: by, at: at)
        if case .refuse = action { return action }
        steps.append(PromotionStep(number: steps.count + 1, at: at, by: by, event: event))
        return action
    }
}

/// What is fixed about a promotion from its request on.
package struct PromotionDraft: Sendable, Hashable {
    package var model: String
    package var version: Int
    package var digest: String
    package var source: String
    package var target: String
    package var requestedBy: String
    package var pushedBy: String

    package init(
        model: String, version: Int, digest: String, source: String, target: String, requestedBy: String,
        pushedBy: String
    ) {
        self.model = model
        self.version = version
        self.digest = digest
        self.source = source
        self.target = target
        self.requestedBy = requestedBy
        self.pushedBy = pushedBy
    }
}
