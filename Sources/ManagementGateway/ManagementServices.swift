package import Deployments
package import Governance
package import Journal
package import ManagementAPI
package import Registry
package import Serving

/// What the management interface acts on.
package struct ManagementServices: Sendable {
    package var registry: RegistryService
    package var deployments: DeploymentService
    package var spaces: Spaces
    package var blobs: any BlobStore
    package var dataPlane: DataPlane
    package var server: any ServerInspection

    package init(
        registry: RegistryService, deployments: DeploymentService, spaces: Spaces, blobs: any BlobStore,
        dataPlane: DataPlane, server: any ServerInspection
    ) {
        self.registry = registry
        self.deployments = deployments
        self.spaces = spaces
        self.blobs = blobs
        self.dataPlane = dataPlane
        self.server = server
    }
}

/// What only the composition of the server knows about itself.
package protocol ServerInspection: Sendable {
    func info() -> ServerInfo
    /// Bytes of all blobs, and bytes still free where the data folder is.
    func usage() async throws(ControlError) -> (blobBytes: Int, freeBytes: Int)
    /// Hashes everything that is stored again.
    func verify() async throws(ControlError) -> VerifyReport
}
