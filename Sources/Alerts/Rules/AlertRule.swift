/// What a rule looks at.
package enum AlertKind: String, Sendable, Hashable, Codable, CaseIterable {
    case errors, latency, traffic, drift, quality, ledger
}

/// When a rule holds.
package enum AlertCondition: Sendable, Hashable {
    case errors(ErrorBurn)
    case latency(SlowAnswers)
    case traffic(TrafficStop)
    case drift(DriftSeen)
    case quality(QualityDrop)
    case ledger(LedgerLoss)

    package var kind: AlertKind {
        switch self {
        case .errors: .errors
        case .latency: .latency
        case .traffic: .traffic
        case .drift: .drift
        case .quality: .quality
        case .ledger: .ledger
        }
    }
}

/// One rule: a condition, and how long it must hold, or not hold, before anything is said.
package struct AlertRule: Sendable, Hashable {
    package var name: String
    package var condition: AlertCondition
    /// Seconds that the condition must hold.
    package var hold: Int
    /// Seconds that it must not, before the alert ends.
    package var resolveAfter: Int
    package var isEnabled: Bool

    package var kind: AlertKind { condition.kind }

    /// The rule of a kind as it is without any set-up.
    package init(_ kind: AlertKind, name: String? = nil) {
        self.name = name ?? kind.rawValue
        isEnabled = true
        switch kind {
        case .errors: (condition, hold, resolveAfter) = (.errors(ErrorBurn()), 0, 120)
        case .latency: (condition, hold, resolveAfter) = (.latency(SlowAnswers()), 120, 300)
        case .traffic: (condition, hold, resolveAfter) = (.traffic(TrafficStop()), 0, 60)
        case .drift: (condition, hold, resolveAfter) = (.drift(DriftSeen()), 0, 0)
        case .quality: (condition, hold, resolveAfter) = (.quality(QualityDrop()), 0, 60)
        case .ledger: (condition, hold, resolveAfter) = (.ledger(LedgerLoss()), 0, 300)
        }
    }
}

/// A rule at work at one endpoint: its machine, and what its condition has to remember between readings.
package struct RuleWatch: Sendable {
    package let rule: AlertRule
    package private(set) var machine: AlertMachine
    /// What was seen last; `nil` before the first reading.
    package private(set) var last: Observation?
    private var heldBound: Double?
    private var driftMemory = DriftSeen.Memory()
    /// The version whose quality was last found bad.
    private var badVersion: Int?

    /// - Parameters:
    ///   - alert: the alert of this rule that is firing already.
    ///   - version: the version that it fired for.
    package init(_ rule: AlertRule, firing alert: Int? = nil, version: Int? = nil) {
        self.rule = rule
        machine = AlertMachine(firing: alert)
        driftMemory.version = alert == nil ? nil : version
        badVersion = driftMemory.version
    }

    /// Takes in a reading. What it gives has to be kept, and then told to `fired` or `resolved`.
    ///
    /// - Parameter now: milliseconds of the monotonic clock.
    package mutating func handle(_ reading: EndpointReading, at now: Int) -> AlertMachine.Transition? {
        let observation = observe(reading, at: now)
        last = observation
        return machine.handle(
            observation.level, at: now, hold: rule.hold * 1000, resolve: rule.resolveAfter * 1000)
    }

    package mutating func fired(_ alert: Int) { machine.fired(alert) }

    package mutating func resolved() {
        machine.resolved()
        heldBound = nil
    }

    private mutating func observe(_ reading: EndpointReading, at now: Int) -> Observation {
        let second = now / 1000
        var observation: Observation
        switch rule.condition {
        case .errors(let burn):
            guard let history = reading.service else { return .unknown("nothing is measured") }
            observation = burn.observe(history, at: second)
        case .latency(let slow):
            guard let history = reading.service else { return .unknown("nothing is measured") }
            observation = slow.observe(history, at: second, held: &heldBound)
        case .traffic(let stop):
            guard let history = reading.service else { return .unknown("nothing is measured") }
            observation = stop.observe(history, at: second, isFiring: machine.alert != nil)
        case .ledger(let loss):
            guard let history = reading.service else { return .unknown("nothing is measured") }
            observation = loss.observe(history, at: second)
        case .drift(let seen):
            guard let drift = reading.drift else { return .unknown("drift is not watched here") }
            observation = seen.observe(drift, &driftMemory)
        case .quality(let drop):
            observation = reading.quality.map(drop.observe) ?? .unknown("no truth has come yet")
            if observation.level == .beyond { badVersion = reading.version }
            if observation.level == .unknown, let badVersion, let version = reading.version, version != badVersion {
                // What another version was worth says nothing of this one.
                observation = Observation(
                    .clear,
                    AlertEvidence("version \(version) answers now, and too little is known of it yet", []))
            }
        }
        if observation.evidence.version == nil { observation.evidence.version = reading.version }
        return observation
    }
}

/// Numbers and times in sentences.
enum Words {
    static func duration(_ seconds: Int) -> String {
        if seconds % 3600 == 0 { return "\(seconds / 3600) h" }
        if seconds % 60 == 0 { return "\(seconds / 60) min" }
        return "\(seconds) s"
    }

    /// With four digits that count.
    static func number(_ value: Double) -> String {
        guard value.isFinite else { return "\(value)" }
        guard value != 0 else { return "0" }
        var scale = 1.0
        while abs(value) * scale < 1000, scale < 1e9 { scale *= 10 }
        let rounded = (value * scale).rounded() / scale
        guard rounded == rounded.rounded(), abs(rounded) < 1e15 else { return "\(rounded)" }
        return "\(Int(rounded))"
    }
}
