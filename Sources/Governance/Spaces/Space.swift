package import Journal

/// A deployment space: one environment with its own deployments.
package struct Space: Sendable, Hashable, Codable {
    /// The space that is there from the start, and that is meant where none is named.
    package static let defaultName = "default"

    package let name: String
    package let createdAt: Timestamp
    package let policy: SpacePolicy

    package init(name: String, createdAt: Timestamp, policy: SpacePolicy = SpacePolicy()) {
        self.name = name
        self.createdAt = createdAt
        self.policy = policy
    }
}

/// A space with what it holds.
package struct SpaceSummary: Sendable, Hashable {
    package let space: Space
    /// Models with a version that is available here.
    package let models: Int
    /// Endpoints that are deployed here now.
    package let deployments: Int

    package init(space: Space, models: Int, deployments: Int) {
        self.space = space
        self.models = models
        self.deployments = deployments
    }
}
