package import Deployments
package import Governance
package import Identity
package import Journal
package import ManagementAPI
package import Registry
package import Serving

/// What the management interface acts on.
package struct ManagementServices: Sendable {
    package var registry: RegistryService
    package var dataSets: DataSetService
    package var deployments: DeploymentService
    package var spaces: Spaces
    package var promotions: PromotionService
    package var keys: KeyService
    package var members: MemberService
    /// Who may do what, as requests are asked.
    package var access: AccessPlane
    package var blobs: any BlobStore
    package var dataPlane: DataPlane
    package var server: any ServerInspection

    package init(
        registry: RegistryService, dataSets: DataSetService, deployments: DeploymentService, spaces: Spaces,
        promotions: PromotionService, keys: KeyService, members: MemberService, access: AccessPlane,
        blobs: any BlobStore, dataPlane: DataPlane, server: any ServerInspection
    ) {
        self.registry = registry
        self.dataSets = dataSets
        self.deployments = deployments
        self.spaces = spaces
        self.promotions = promotions
        self.keys = keys
        self.members = members
        self.access = access
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
