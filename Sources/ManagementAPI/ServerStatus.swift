/// The server that answers: its release, its data folder and what it can run. Times are RFC 3339 in UTC.
public struct ServerInfo: Codable, Sendable, Hashable {
    /// Always `slipway`.
    public var name: String
    public var version: String
    public var startedAt: String
    public var uptimeSeconds: Double
    /// Its path on the server's machine.
    public var dataFolder: String
    /// How many mutations of the control plane the data plane shows.
    public var generation: Int
    /// What executes each model format, for example `onnx`: `ONNX Runtime 1.31.1`; only what is loaded.
    public var runtimes: [String: String]
    public var httpPort: Int
    public var grpcPort: Int
    /// Whether callers must authenticate.
    public var authentication: Bool

    public init(
        name: String, version: String, startedAt: String, uptimeSeconds: Double, dataFolder: String, generation: Int,
        runtimes: [String: String], httpPort: Int, grpcPort: Int, authentication: Bool
    ) {
        self.name = name
        self.version = version
        self.startedAt = startedAt
        self.uptimeSeconds = uptimeSeconds
        self.dataFolder = dataFolder
        self.generation = generation
        self.runtimes = runtimes
        self.httpPort = httpPort
        self.grpcPort = grpcPort
        self.authentication = authentication
    }
}

/// One screen: spaces, endpoints, versions, traffic, health.
public struct StatusReport: Codable, Sendable, Hashable {
    public var server: ServerInfo
    public var spaces: [SpaceInfo]
    public var deployments: [DeploymentInfo]
    /// Bytes of all blobs.
    public var blobBytes: Int
    /// Bytes still free where the data folder is.
    public var freeBytes: Int
    /// Those that fire; a server from before there were alerts says nothing of them.
    public var alerts: [AlertInfo]?

    public init(
        server: ServerInfo, spaces: [SpaceInfo], deployments: [DeploymentInfo], blobBytes: Int, freeBytes: Int,
        alerts: [AlertInfo]? = nil
    ) {
        self.server = server
        self.spaces = spaces
        self.deployments = deployments
        self.blobBytes = blobBytes
        self.freeBytes = freeBytes
        self.alerts = alerts
    }
}

/// The result of hashing every stored blob again.
public struct VerifyReport: Codable, Sendable, Hashable {
    /// One thing that is not as it was stored.
    public struct Problem: Codable, Sendable, Hashable {
        /// The blob's SHA-256, or the name of what is wrong.
        public var subject: String
        /// What is wrong and which versions it concerns.
        public var message: String

        public init(subject: String, message: String) {
            self.subject = subject
            self.message = message
        }
    }

    /// Blobs that were hashed, and their bytes.
    public var blobs: Int
    public var bytes: Int
    /// Audit events whose hashes were followed.
    public var auditEvents: Int
    /// Empty when everything is as it was stored.
    public var problems: [Problem]

    public init(blobs: Int, bytes: Int, auditEvents: Int, problems: [Problem]) {
        self.blobs = blobs
        self.bytes = bytes
        self.auditEvents = auditEvents
        self.problems = problems
    }
}
