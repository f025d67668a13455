package import Journal
package import Registry

/// Makes the gates that a policy names; composed once, of everything that the kinds need.
package struct GateWorkshop: Sendable {
    private let hashing: any VersionHashing
    private let dataSets: any DataSetReading
    private let scoring: any ModelScoring
    private let clock: any WallClock

    package init(
        hashing: any VersionHashing, dataSets: any DataSetReading, scoring: any ModelScoring, clock: any WallClock
    ) {
        self.hashing = hashing
        self.dataSets = dataSets
        self.scoring = scoring
        self.clock = clock
    }

    /// `nil` for a gate that another system reports.
    func gate(_ demand: GateDemand, of policy: SpacePolicy) -> (any Gate)? {
        switch demand.rule {
        case .holdout(let rule):
            HoldoutGate(name: demand.name, rule: rule, data: dataSets, scorer: scoring, clock: clock)
        case .latency(let rule):
            LatencyGate(name: demand.name, rule: rule, data: dataSets, scorer: scoring, clock: clock)
        case .data(let rule): DataGate(name: demand.name, rule: rule, dataSets: dataSets)
        case .signature: SignatureGate(name: demand.name)
        case .integrity: IntegrityGate(name: demand.name, hashing: hashing, clock: clock)
        case .external: nil
        }
    }
}
