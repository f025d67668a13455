/// What callers tell of what came of predictions, and what one wants of it.
package struct ExperimentMetric: Sendable, Hashable, Codable {
    package enum Direction: String, Sendable, Hashable, Codable, CaseIterable {
        case higher, lower
    }

    package enum Role: String, Sendable, Hashable, Codable, CaseIterable {
        /// What the experiment is about; it decides.
        case goal
        /// What must not become worse; it stops the experiment.
        case guardrail
    }

    package var name: String
    /// Which way is better.
    package var better: Direction
    package var role: Role
    /// How much worse a guardrail's mean may be, in its own unit.
    package var margin: Double

    package init(name: String, better: Direction = .higher, role: Role = .goal, margin: Double = 0) {
        self.name = name
        self.better = better
        self.role = role
        self.margin = margin
    }
}
