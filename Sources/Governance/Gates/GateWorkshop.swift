package import Journal
package import Registry

/// Makes the gates that a policy names; composed once, of everything that the kinds need.
package struct GateWorkshop: Sendable {
    private let hashing: any VersionHashing
    private let dataSets: any DataSetReading
    private let scoring: any ModelScoring
    private let shadows: (any ShadowEvidence)?
    private let replays: (any ReplayEvidence)?
    private let clock: any WallClock

    /// - Parameters:
    ///   - shadows: `nil` where there are no rollouts.
    ///   - replays: `nil` where there is no ledger.
    package init(
        hashing: any VersionHashing, dataSets: any DataSetReading, scoring: any ModelScoring,
        shadows: (any ShadowEvidence)? = nil, replays: (any ReplayEvidence)? = nil, clock: any WallClock
    ) {
        self.hashing = hashing
        self.dataSets = dataSets
        self.scoring = scoring
        self.shadows = shadows
        self.replays = replays
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
        case .shadow(let rule): ShadowGate(name: demand.name, rule: rule, evidence: shadows, clock: clock)
        case .replay(let rule): ReplayGate(name: demand.name, rule: rule, evidence: replays, clock: clock)
        case .external: nil
        }
    }
}
