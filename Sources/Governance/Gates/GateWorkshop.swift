package import Journal

/// Makes the gates that a policy names; composed once, of everything that the kinds need.
package struct GateWorkshop: Sendable {
    private let hashing: any VersionHashing
    private let clock: any WallClock

    package init(hashing: any VersionHashing, clock: any WallClock) {
        self.hashing = hashing
        self.clock = clock
    }

    /// `nil` for a gate that another system reports.
    func gate(_ demand: GateDemand, of policy: SpacePolicy) -> (any Gate)? {
        switch demand.rule {
        case .integrity: IntegrityGate(name: demand.name, hashing: hashing, clock: clock)
        case .external: nil
        }
    }
}
