package import InferenceProtocol
package import Registry
package import Runtimes
package import Serving
import Tensors

/// Loads versions for gates, apart from the server: what a version does when it runs must be nobody else's business.
package protocol ModelScoring: Sendable {
    /// One loaded copy; it goes when nobody holds it any more. Blocks.
    ///
    /// - Parameter runs: how many at once it should be ready for.
    func load(_ version: ModelVersion, runs: Int) throws(ModelLoadError) -> any ModelInstance

    /// The version's own golden requests; empty when it has none. Blocks.
    func goldenRequests(of version: ModelVersion) throws(ModelLoadError) -> [GoldenRequest]
}

/// Each loaded copy in a worker process of its own, with limits.
package struct WorkerScoring: ModelScoring {
    private let artifacts: any ArtifactProvider
    private let workers: WorkerHost
    private let memoryBytes: Int?
    private let purpose: String

    /// Milliseconds after which a run is taken for one that never ends.
    static let runMilliseconds = 60_000

    /// - Parameters:
    ///   - memoryBytes: see `WorkerLimits`.
    ///   - purpose: what it is loaded for, as logs name it.
    package init(
        artifacts: any ArtifactProvider, workers: WorkerHost, memoryBytes: Int? = nil, purpose: String = "gate"
    ) {
        self.artifacts = artifacts
        self.workers = workers
        self.memoryBytes = memoryBytes
        self.purpose = purpose
    }

    package func load(_ version: ModelVersion, runs: Int) throws(ModelLoadError) -> any ModelInstance {
        try workers.load(
            try artifacts.locate(version.artifact), signature: version.description.signature,
            options: RuntimeOptions(),
            limits: WorkerLimits(memoryBytes: memoryBytes, runs: runs, runMilliseconds: Self.runMilliseconds),
            place: "\(purpose)/\(version.label)")
    }

    package func goldenRequests(of version: ModelVersion) throws(ModelLoadError) -> [GoldenRequest] {
        try artifacts.locate(version.artifact).goldenRequests(version.description)
    }
}
