package import Journal
package import Serving
package import Tensors

/// One immutable version of a model.
package struct ModelVersion: Sendable, Hashable, Codable {
    package let model: String
    /// 1, 2, 3 ... for each model.
    package let number: Int
    /// The space that owns the model.
    package let space: String
    package let artifact: ArtifactReference
    /// Bytes of all files.
    package let size: Int
    /// As the checker read it when the version was pushed.
    package let description: ModelDescription
    package let provenance: Provenance
    /// How it came in, where that was through MLflow's door.
    package let origin: VersionOrigin?
    /// The tags that it was pushed with, as they were changed since.
    package let tags: [String: String]
    /// What somebody has written about it since.
    package let text: String
    package let createdAt: Timestamp
    /// The id of who pushed it.
    package let createdBy: String

    package init(
        model: String, number: Int, space: String, artifact: ArtifactReference, size: Int,
        description: ModelDescription, provenance: Provenance, origin: VersionOrigin? = nil,
        tags: [String: String]? = nil, text: String = "", createdAt: Timestamp, createdBy: String
    ) {
        self.model = model
        self.number = number
        self.space = space
        self.artifact = artifact
        self.size = size
        self.description = description
        self.provenance = provenance
        self.origin = origin
        self.tags = tags ?? provenance.tags
        self.text = text
        self.createdAt = createdAt
        self.createdBy = createdBy
    }

    /// `churn:3`
    package var label: String { "\(model):\(number)" }

    /// What the checker noticed and a person may want to know.
    package var notes: [String] {
        var notes: [String] = []
        if let trial = description.trialRun, !trial.succeeded {
            notes.append("The trial run on made-up inputs failed: \(trial.message)")
        }
        return notes + (origin?.warnings ?? [])
    }

    /// Throws `refused` for a version that is only kept here.
    package func requireDeployable() throws(ControlError) {
        if let reason = origin?.undeployable { throw ControlError.undeployable(label, reason) }
    }
}

/// A version in a list: what can be said without its signature and files.
package struct VersionSummary: Sendable, Hashable {
    package let model: String
    package let number: Int
    /// The space that owns the model.
    package let space: String
    /// SHA-256 over the manifest.
    package let digest: String
    package let format: String
    /// Bytes of all files.
    package let size: Int
    package let provenance: Provenance
    package let createdAt: Timestamp
    package let createdBy: String

    package init(
        model: String, number: Int, space: String, digest: String, format: String, size: Int, provenance: Provenance,
        createdAt: Timestamp, createdBy: String
    ) {
        self.model = model
        self.number = number
        self.space = space
        self.digest = digest
        self.format = format
        self.size = size
        self.provenance = provenance
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// A model as it is seen from one space.
package struct ModelSummary: Sendable, Hashable {
    /// An endpoint of the space that serves a version of the model.
    package struct Placement: Sendable, Hashable {
        package let endpoint: String
        package let version: Int

        package init(endpoint: String, version: Int) {
            self.endpoint = endpoint
            self.version = version
        }
    }

    package let name: String
    /// The space that owns it.
    package let space: String
    /// Of the latest version, such as `onnx`.
    package let format: String
    /// Versions that are available in the space.
    package let versions: Int
    /// The highest number among them.
    package let latestVersion: Int
    /// Bytes of the latest version's files.
    package let latestSize: Int
    /// Of the latest version.
    package let metrics: [String: Double]
    package let deployed: [Placement]
    /// Version numbers by what the space calls them.
    package var aliases: [String: Int] = [:]
    package var tags: [String: String] = [:]
    package var description = ""
    /// When the model got its first version.
    package let createdAt: Timestamp
    /// When the latest version came.
    package let updatedAt: Timestamp

    package init(
        name: String, space: String, format: String, versions: Int, latestVersion: Int, latestSize: Int,
        metrics: [String: Double], deployed: [Placement], createdAt: Timestamp, updatedAt: Timestamp
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

/// The answer to a push.
package struct PushOutcome: Sendable, Hashable {
    package let version: ModelVersion
    /// False when a version with the same bytes was there already.
    package let isNew: Bool

    package init(version: ModelVersion, isNew: Bool) {
        self.version = version
        self.isNew = isNew
    }
}

extension ControlError {
    /// The refusal of a version that no runtime here can serve.
    ///
    /// - Parameter version: `churn:3`
    package static func undeployable(_ version: String, _ reason: String) -> ControlError {
        ControlError(
            .refused, "\(version) cannot be deployed: \(reason)", field: "version",
            hint: "log the model in ONNX too (mlflow.onnx.log_model) and register that")
    }
}
