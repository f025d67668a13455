package import Runtimes
package import Tensors

/// Everything the data plane needs to know, as one immutable value without handles: the control plane makes it, the data
/// plane installs it, and it can travel to another machine.
package struct ServingSnapshot: Sendable, Hashable, Codable {
    /// Raised when the meaning of a field changes; a data plane refuses what it does not know.
    package static let currentFormat = 2

    /// `currentFormat` of whoever made it.
    package var format: Int
    /// The control plane's generation that this snapshot shows; it never goes backwards.
    package var generation: Int
    package var endpoints: [EndpointEntry]

    package init(generation: Int, endpoints: [EndpointEntry]) {
        self.format = Self.currentFormat
        self.generation = generation
        self.endpoints = endpoints
    }
}

/// One endpoint and the version that answers there.
package struct EndpointEntry: Sendable, Hashable, Codable {
    package var space: String
    /// The endpoint's name, under which predictions come.
    package var name: String
    package var model: String
    package var version: Int
    /// The deployment's current revision.
    package var revision: Int
    package var artifact: ArtifactReference
    /// As the checker read it when the version was pushed.
    package var description: ModelDescription
    package var options: EndpointOptions
    /// Where the model runs, after the deployment, its space and what has crashed before were asked.
    package var isolation: Isolation
    package var isolationReason: IsolationReason
    /// False where a repository unload took the model out of memory; the endpoint then answers that it is unloaded.
    package var isLoaded: Bool
    /// How its requests are shared among versions; `nil` while no rollout is open, and all go to this version.
    package var traffic: TrafficPlan?

    package init(
        space: String, name: String, model: String, version: Int, revision: Int, artifact: ArtifactReference,
        description: ModelDescription, options: EndpointOptions, isolation: Isolation = .shared,
        isolationReason: IsolationReason = .standard, isLoaded: Bool, traffic: TrafficPlan? = nil
    ) {
        self.space = space
        self.name = name
        self.model = model
        self.version = version
        self.revision = revision
        self.artifact = artifact
        self.description = description
        self.options = options
        self.isolation = isolation
        self.isolationReason = isolationReason
        self.isLoaded = isLoaded
        self.traffic = traffic
    }
}

/// A version's bytes by digest; where they are is for `ArtifactProvider` to say.
package struct ArtifactReference: Sendable, Hashable, Codable {
    /// One file of a version: where it lies in it, and which bytes it has.
    package struct File: Sendable, Hashable, Codable {
        /// Path inside the version, with `/`, never absolute, never with `..`.
        package var path: String
        /// 64 lower-case hexadecimal digits.
        package var sha256: String
        /// Bytes.
        package var size: Int

        package init(path: String, sha256: String, size: Int) {
            self.path = path
            self.sha256 = sha256
            self.size = size
        }
    }

    /// SHA-256 over the manifest.
    package var digest: String
    /// Which runtime executes it: `onnx`.
    package var format: String
    package var files: [File]

    package init(digest: String, format: String, files: [File]) {
        self.digest = digest
        self.format = format
        self.files = files
    }
}

/// Lays a version's files out in a folder of their own and checks every byte against its digest.
package protocol ArtifactProvider: Sendable {
    /// The files, laid out and checked; blocks. Throws `digestMismatch`, `fileMissing`, `invalidModel` (the reference
    /// contradicts itself) or `unsupportedFormat` (no file is a model).
    func locate(_ reference: ArtifactReference) throws(ModelLoadError) -> ModelArtifact
}
