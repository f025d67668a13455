package import Experiments
package import Registry

/// What MLflow's interface acts on.
package struct MLflowServices: Sendable {
    package var experiments: ExperimentService
    package var runs: RunService
    package var loggedModels: LoggedModelService
    package var artifacts: ArtifactService
    package var registry: RegistryService
    package var catalog: ModelCatalog

    package init(
        experiments: ExperimentService, runs: RunService, loggedModels: LoggedModelService, artifacts: ArtifactService,
        registry: RegistryService, catalog: ModelCatalog
    ) {
        self.experiments = experiments
        self.runs = runs
        self.loggedModels = loggedModels
        self.artifacts = artifacts
        self.registry = registry
        self.catalog = catalog
    }
}
