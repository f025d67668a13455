package import Journal
package import Runtimes
package import Serving
package import Tensors

/// First contact with an unknown model: loads it once, apart from the server, with limits, and reads its signature.
package protocol ModelChecking: Sendable {
    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription
}

/// The laid-out files of versions, as a cache that can be made again from the blobs at any time.
package protocol ArtifactStore: ArtifactProvider {
    /// What `locate` does, with the control plane's own errors (`digestMismatch`, `storageFull`, ...).
    func layOut(_ reference: ArtifactReference) throws(ControlError) -> ModelArtifact

    /// Forgets a laid-out artifact that no version has, for example after the checker refused it.
    func discard(_ reference: ArtifactReference)
}
