import Deployments
import Registry
import Runtimes
import Serving
import Tensors

/// The data plane of this process behind the seam that Deployments knows.
struct DataPlaneSeam: ServingPlane {
    let dataPlane: DataPlane

    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) { try await dataPlane.prepare(entry) }

    func discard(_ entry: EndpointEntry) { dataPlane.discard(entry) }

    func install(_ snapshot: ServingSnapshot) async { await dataPlane.install(snapshot) }
}
