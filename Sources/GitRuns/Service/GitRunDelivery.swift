package import Documents
package import Journal

/// How something that takes its time stands.
package enum Standing: Sendable, Hashable {
    /// What it waits for.
    case open(String)
    /// What came of it.
    case done(String)
    /// Why it will not come to anything.
    case ended(String)
}

/// A file of a checkout on its way into a data set.
package struct DataDelivery: Sendable {
    package var run: GitRun
    /// Of the checkout.
    package var root: String
    package var file: GitPipeline.DataFile
    package var space: String
}

/// A data set that a run pushed, or found.
package struct DeliveredData: Sendable, Hashable, Codable {
    package var name: String
    package var version: Int
    package var space: String
    package var sha256: String
    package var isNew: Bool

    package init(name: String, version: Int, space: String, sha256: String, isNew: Bool) {
        self.name = name
        self.version = version
        self.space = space
        self.sha256 = sha256
        self.isNew = isNew
    }

    /// `churn-holdout:2 in test`
    package var words: String { "\(name):\(version) in \(space)" }
}

/// A model of a checkout on its way into the registry.
package struct ModelDelivery: Sendable {
    package var run: GitRun
    /// Of the checkout.
    package var root: String
    package var model: GitPipeline.Model
    /// What the run pushed before, or found: one of them may be what the model was trained on.
    package var dataSet: String?
    package var dataDigest: String?
    /// Where people see the run.
    package var address: String
}

/// A promotion that a run wants.
package struct PromotionWish: Sendable {
    package var run: GitRun
    package var version: PushedVersion
    package var source: String
    package var target: String
    /// The promotion that was asked for; `nil` before.
    package var number: Int?
}

/// How the step `promote` stands.
package struct PromotionProgress: Sendable {
    /// `nil` where none was needed.
    package var number: Int?
    package var standing: Standing
    /// Whether machines are what an open one waits for, not people.
    package var isChecking: Bool

    package init(number: Int?, standing: Standing, isChecking: Bool = false) {
        self.number = number
        self.standing = standing
        self.isChecking = isChecking
    }
}

/// A version that is to answer at an endpoint.
package struct DeployWish: Sendable {
    package var run: GitRun
    package var version: PushedVersion
    package var deployment: GitPipeline.Deployment
    /// The rollout that was begun; `nil` before.
    package var rollout: Int?
}

/// How the step `deploy` stands.
package struct DeployProgress: Sendable {
    package var standing: Standing
    package var rollout: Int?
    /// The revision that serves the version, once one does.
    package var revision: Int?
    /// The earlier revision that it was rolled back to.
    package var equals: Int?

    package init(standing: Standing, rollout: Int? = nil, revision: Int? = nil, equals: Int? = nil) {
        self.standing = standing
        self.rollout = rollout
        self.revision = revision
        self.equals = equals
    }
}

/// What a run does with what it made: through the same services as a person's orders. Each may be asked again, after a
/// crash too, and then finds what was done.
package protocol GitRunDelivery: Sendable {
    /// Throws `invalid` for a document that is no rollout's.
    func check(rollout: DocumentValue) throws(ControlError)
    func push(_ delivery: DataDelivery) async throws(ControlError) -> DeliveredData
    /// The version of these bytes, a new one or the one there is.
    func push(_ delivery: ModelDelivery) async throws(ControlError) -> PushedVersion
    /// Asks for the promotion where nobody has, and says how it stands.
    func promote(_ wish: PromotionWish) async throws(ControlError) -> PromotionProgress
    /// Takes back what the run asked for and nobody has decided.
    func withdraw(promotion: Int, space: String, run: GitRun, reason: String) async throws(ControlError)
    /// Deploys, begins a rollout, or goes back to the revision that served the version; says how it stands.
    func deploy(_ wish: DeployWish) async throws(ControlError) -> DeployProgress
    func abort(rollout: Int, endpoint: String, space: String, run: GitRun, reason: String) async throws(ControlError)
}
