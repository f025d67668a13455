import Gateway
import Logging
import Serving

/// What every connection needs and none changes.
final class GRPCContext: Sendable {
    let limits: GRPCLimits
    /// Shared with the HTTP port.
    let bodies: BodyBudget
    let dataPlane: DataPlane
    let authority: CallerAuthority
    let services: GRPCServices
    let logger: Logger
    /// By path.
    let methods: [String: GRPCMethod]

    init(
        limits: GRPCLimits, bodies: BodyBudget, dataPlane: DataPlane, authority: CallerAuthority,
        services: GRPCServices, logger: Logger
    ) {
        self.limits = limits
        self.bodies = bodies
        self.dataPlane = dataPlane
        self.authority = authority
        self.services = services
        self.logger = logger
        self.methods = Dictionary(GRPCMethod.all.map { ($0.path, $0) }) { first, _ in first }
    }
}
