import Logging
import NIOCore
import Serving
import Synchronization

/// What every connection needs and none changes.
final class GatewayContext: Sendable {
    let limits: HTTPLimits
    let bodies: BodyBudget
    let routes = RouteTable()
    let dataPlane: DataPlane
    let authority: CallerAuthority
    let memory: MemoryAnswers
    let management: any ManagementAnswerer
    let logger: Logger

    init(
        limits: HTTPLimits, bodies: BodyBudget, dataPlane: DataPlane, authority: CallerAuthority, memory: MemoryAnswers,
        management: any ManagementAnswerer, logger: Logger
    ) {
        self.limits = limits
        self.bodies = bodies
        self.dataPlane = dataPlane
        self.authority = authority
        self.memory = memory
        self.management = management
        self.logger = logger
    }
}

/// Whether the server wants requests: off until what is committed answers, and off again from SIGTERM on.
package final class Readiness: Sendable {
    private let flag = Atomic<Bool>(false)

    package init() {}

    /// May be read and set from any thread.
    package var isOn: Bool {
        get { flag.load(ordering: .relaxed) }
        set { flag.store(newValue, ordering: .relaxed) }
    }
}
