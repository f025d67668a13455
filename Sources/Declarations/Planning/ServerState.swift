package import Documents
package import Governance
package import ManagementAPI

/// What there is on a server, as far as a declaration or an export is about it.
package struct ServerState: Sendable, Hashable {
    /// Of the server, before anything else was asked: a plan holds for this one.
    package var generation: Int
    /// Those that were looked into.
    package var spaces: [String: SpaceState]
    /// All that the caller sees.
    package var names: Set<String>

    package init(generation: Int, spaces: [String: SpaceState] = [:], names: Set<String> = []) {
        self.generation = generation
        self.spaces = spaces
        self.names = names.union(spaces.keys)
    }
}

package struct SpaceState: Sendable, Hashable {
    package var policy: Governance.SpacePolicy
    package var members: [String: RoleName]
    package var deployments: [String: DeployedState]
    /// Of endpoints at which something is deployed.
    package var monitors: [String: MonitorState]
    package var models: [String: ModelState]
    package var dataSets: [String: DataSetState]

    package init(
        policy: Governance.SpacePolicy = Governance.SpacePolicy(), members: [String: RoleName] = [:],
        deployments: [String: DeployedState] = [:], monitors: [String: MonitorState] = [:],
        models: [String: ModelState] = [:], dataSets: [String: DataSetState] = [:]
    ) {
        self.policy = policy
        self.members = members
        self.deployments = deployments
        self.monitors = monitors
        self.models = models
        self.dataSets = dataSets
    }
}

package struct DeployedState: Sendable, Hashable {
    package var model: String
    package var version: Int
    package var revision: Int
    /// With all defaults filled in, as the server says them.
    package var options: DeploymentOptions
    /// The versions that an open rollout tries; `nil` while none has the endpoint for itself.
    package var candidates: [Int]?

    package init(
        model: String, version: Int, revision: Int, options: DeploymentOptions = .standard, candidates: [Int]? = nil
    ) {
        self.model = model
        self.version = version
        self.revision = revision
        self.options = options
        self.candidates = candidates
    }
}

package struct MonitorState: Sendable, Hashable {
    package var revision: Int
    package var document: DocumentValue

    package init(revision: Int, document: DocumentValue) {
        self.revision = revision
        self.document = document
    }
}

package struct ModelState: Sendable, Hashable {
    /// The highest number that is available in the space.
    package var latest: Int
    /// Numbers by digest, where they were asked for.
    package var versions: [String: Int]

    package init(latest: Int, versions: [String: Int] = [:]) {
        self.latest = latest
        self.versions = versions
    }
}

package struct DataSetState: Sendable, Hashable {
    package var latest: Int
    /// Numbers by the SHA-256 of their files, where they were asked for.
    package var versions: [String: Int]

    package init(latest: Int, versions: [String: Int] = [:]) {
        self.latest = latest
        self.versions = versions
    }
}

/// What was found out about the files of a declaration, by where they are.
package struct LocalFiles: Sendable, Hashable {
    /// The digest that a version of these files has, by model and space.
    package var models: [ModelDeclaration: String]
    /// SHA-256 of the file.
    package var dataSets: [DataSetDeclaration: String]

    package init(models: [ModelDeclaration: String] = [:], dataSets: [DataSetDeclaration: String] = [:]) {
        self.models = models
        self.dataSets = dataSets
    }
}
