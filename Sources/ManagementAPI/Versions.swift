/// One file of a model version, by its path inside the version and the SHA-256 of its bytes (64 hexadecimal digits).
public struct FileEntry: Codable, Sendable, Hashable {
    /// Relative, with `/` between names, never with `..`.
    public var path: String
    public var sha256: String
    /// Bytes.
    public var size: Int

    public init(path: String, sha256: String, size: Int) {
        self.path = path
        self.sha256 = sha256
        self.size = size
    }
}

/// Asks for a new version of a model, made of files whose bytes were uploaded before.
public struct PushRequest: Codable, Sendable, Hashable {
    public var files: [FileEntry]
    /// Finite numbers by name, 256 at most; as many tags.
    public var metrics: [String: Double]?
    public var tags: [String: String]?
    /// Free text: nothing is looked up.
    public var gitCommit: String?
    /// Free text; `NAME` or `NAME:VERSION` of a data set of the space is what data gates look at.
    public var dataset: String?
    /// The retraining run that pushes, as its `SLIPWAY_RUN` says.
    public var run: Int?

    public init(
        files: [FileEntry], metrics: [String: Double]? = nil, tags: [String: String]? = nil,
        gitCommit: String? = nil, dataset: String? = nil, run: Int? = nil
    ) {
        self.files = files
        self.metrics = metrics
        self.tags = tags
        self.gitCommit = gitCommit
        self.dataset = dataset
        self.run = run
    }
}

/// An input or output of a version. A dimension is a number, a name for any size, or -1 for any size without a name.
public struct TensorInfo: Codable, Sendable, Hashable {
    public var name: String
    /// As the Open Inference Protocol writes it: `FP32`, `INT64`, `BYTES` ...
    public var datatype: String
    /// Outermost first.
    public var shape: [DimensionInfo]
    /// Whether the model has a value of its own for this input, so that it may be left out.
    public var optional: Bool

    public init(name: String, datatype: String, shape: [DimensionInfo], optional: Bool = false) {
        self.name = name
        self.datatype = datatype
        self.shape = shape
        self.optional = optional
    }
}

/// One dimension of a shape: a number in JSON when it is fixed, else the name that the model gives it.
public enum DimensionInfo: Codable, Sendable, Hashable {
    case size(Int)
    case name(String)

    /// A string is a name; anything else must be an integer.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let name = try? container.decode(String.self) {
            self = .name(name)
        } else {
            self = .size(try container.decode(Int.self))
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .size(let size): try container.encode(size)
        case .name(let name): try container.encode(name)
        }
    }
}

/// One immutable version of a model.
public struct VersionInfo: Codable, Sendable, Hashable {
    public var model: String
    public var version: Int
    /// The space that owns the model.
    public var space: String
    /// SHA-256 over the version's manifest; equal digests mean equal bytes.
    public var digest: String
    public var files: [FileEntry]
    /// The format of the model file: `onnx`.
    public var format: String
    public var inputs: [TensorInfo]
    public var outputs: [TensorInfo]
    /// Operator set versions by domain; the default domain is `ai.onnx`.
    public var opsets: [String: Int]
    /// The tool that wrote the file and its version; empty where the file does not say.
    public var producer: String
    public var documentation: String
    /// What the model file carries as its own metadata, by name.
    public var metadata: [String: String]
    /// What the checker noticed and a person may want to know, for example that made-up inputs did not suit the model.
    public var notes: [String]
    public var metrics: [String: Double]
    public var tags: [String: String]
    public var gitCommit: String?
    public var dataset: String?
    /// The retraining run that pushed it.
    public var run: Int?
    /// The run from Git that pushed it.
    public var gitRun: Int?
    /// Where the files of a version were that came in through MLflow's door, as its client named it; absent otherwise.
    public var source: String?
    /// The run that made it, of this server's own.
    public var mlflowRun: String?
    /// Why no runtime here can serve it; absent for what can be deployed.
    public var undeployable: String?
    /// What somebody has written about it.
    public var description: String?
    /// How many golden requests the version brings along, which the checker and every load run; absent without any.
    public var goldenRequests: Int?
    /// RFC 3339, UTC.
    public var createdAt: String
    public var createdBy: String

    public init(
        model: String, version: Int, space: String, digest: String, files: [FileEntry], format: String,
        inputs: [TensorInfo], outputs: [TensorInfo], opsets: [String: Int], producer: String, documentation: String,
        metadata: [String: String], notes: [String], metrics: [String: Double], tags: [String: String],
        gitCommit: String?, dataset: String?, run: Int? = nil, gitRun: Int? = nil, goldenRequests: Int?,
        createdAt: String,
        createdBy: String
    ) {
        self.model = model
        self.version = version
        self.space = space
        self.digest = digest
        self.files = files
        self.format = format
        self.inputs = inputs
        self.outputs = outputs
        self.opsets = opsets
        self.producer = producer
        self.documentation = documentation
        self.metadata = metadata
        self.notes = notes
        self.metrics = metrics
        self.tags = tags
        self.gitCommit = gitCommit
        self.dataset = dataset
        self.run = run
        self.gitRun = gitRun
        self.goldenRequests = goldenRequests
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// The answer to a push: the version, and whether it is new or was there already with the same bytes.
public struct PushResponse: Codable, Sendable, Hashable {
    public var version: VersionInfo
    /// False when a version with the same bytes was there already; `version` is that one.
    public var isNew: Bool

    public init(version: VersionInfo, isNew: Bool) {
        self.version = version
        self.isNew = isNew
    }
}

/// A model with its latest version's figures and the endpoints that serve it. Times are RFC 3339 in UTC.
public struct ModelInfo: Codable, Sendable, Hashable {
    public var name: String
    /// The space that owns the model.
    public var space: String
    /// Of the latest version.
    public var format: String
    /// Versions that are available in the space asked for, and the highest number among them.
    public var versions: Int
    public var latestVersion: Int
    /// Bytes of the latest version's files.
    public var latestSize: Int
    /// Of the latest version.
    public var metrics: [String: Double]
    /// Version numbers by what the space calls them; absent in lists.
    public var aliases: [String: Int]?
    /// What is written beside the model; absent in lists, and where there is nothing.
    public var tags: [String: String]?
    public var description: String?
    /// Endpoints in this space that serve a version of it, as `endpoint:version`.
    public var deployed: [String]
    public var createdAt: String
    /// When the latest version came.
    public var updatedAt: String

    public init(
        name: String, space: String, format: String, versions: Int, latestVersion: Int, latestSize: Int,
        metrics: [String: Double], deployed: [String], createdAt: String, updatedAt: String
    ) {
        self.name = name
        self.space = space
        self.format = format
        self.versions = versions
        self.latestVersion = latestVersion
        self.latestSize = latestSize
        self.metrics = metrics
        self.deployed = deployed
        self.createdAt = createdAt
        self.updatedAt = updatedAt
    }
}

/// The answer to an upload: the blob as it is stored now.
public struct BlobInfo: Codable, Sendable, Hashable {
    /// Of the bytes that came, 64 lower-case hexadecimal digits.
    public var sha256: String
    /// Bytes.
    public var size: Int

    public init(sha256: String, size: Int) {
        self.sha256 = sha256
        self.size = size
    }
}
