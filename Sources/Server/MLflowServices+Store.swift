import Experiments
import Journal
import MLflowGateway
import Registry
import Store

extension MLflowServices {
    /// All of them over one store.
    init(store: Store, registry: RegistryService, clock: any WallClock) {
        self.init(
            experiments: ExperimentService(store: store.tracking),
            runs: RunService(store: store.tracking, clock: clock),
            loggedModels: LoggedModelService(store: store.tracking, clock: clock),
            artifacts: ArtifactService(store: store.tracking, storage: store.tracked), registry: registry,
            catalog: ModelCatalog(store: store.catalog, registry: registry, blobs: store.blobReading))
    }
}
