package import Journal

/// Declared state while it is carried out: one at a time on a server, so that two people who apply at once do not get in
/// each other's way. It ends by itself when its holder is not heard of.
package struct Application: Sendable, Hashable {
    /// Digits of the digest of a plan.
    package static let digestLength = 64
    /// Steps of one plan at most.
    package static let mostSteps = 100_000

    /// The generation that it began with: never one number twice.
    package let number: Int
    package let principal: Principal
    /// SHA-256 of the plan that is carried out, 64 hexadecimal digits.
    package let plan: String
    package let steps: Int
    package let since: Timestamp

    package init(number: Int, principal: Principal, plan: String, steps: Int, since: Timestamp) {
        self.number = number
        self.principal = principal
        self.plan = plan
        self.steps = steps
        self.since = since
    }
}

/// How an application ended, as its holder says.
package enum ApplicationOutcome: String, Sendable, Hashable, Codable, CaseIterable {
    case done
    /// A step was refused; what came before it was done.
    case failed
}

/// What Governance needs of the database for applications.
package protocol ApplicationTransaction {
    var moment: Timestamp { get }
    /// The mutations made so far.
    func generation() throws -> Generation
}

/// Where applications are written down as they begin and end.
package typealias ApplicationUnitOfWork = any UnitOfWork<any ApplicationTransaction>
