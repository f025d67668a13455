import Deployments
import Quality
import Registry
import Serving
import Tensors

/// What the registry knows of the versions that endpoints run.
struct RegisteredFacts: VersionFactsSource {
    let registry: RegistryService
    let deployments: DeploymentService

    func facts(space: String, endpoint: String, version: Int) async -> VersionFacts? {
        // An endpoint keeps one model for life.
        guard let model = try? await deployments.history(endpoint, space: space).first?.model,
            let found = try? await registry.version(model, number: version, space: space)
        else { return nil }
        return VersionFacts(
            metrics: found.provenance.metrics, classes: ClassLabels.read(found.description.customMetadata))
    }
}
