package import Serving

/// What both variants did within the same short time, a second as a rule: what their counts have grown by.
package struct ArmTick: Sendable, Hashable, Codable {
    package var stable: ArmCounts
    package var canary: ArmCounts

    package init(stable: ArmCounts, canary: ArmCounts) {
        self.stable = stable
        self.canary = canary
    }
}

/// How an external check went: a query, a webhook.
package struct CheckResult: Sendable, Hashable, Codable {
    package enum Outcome: String, Sendable, Hashable, Codable {
        case passed, failed
        /// It could not be asked, or gave no answer that could be understood.
        case unavailable
    }

    package var name: String
    package var outcome: Outcome
    /// In a few words: the figure and its limit, or why there is none.
    package var detail: String

    package init(name: String, outcome: Outcome, detail: String) {
        self.name = name
        self.outcome = outcome
        self.detail = detail
    }
}

/// Truths that came back for predictions of both variants since the last time, as losses from 0 (right) to 1 (wrong).
package struct QualityTick: Sendable, Hashable, Codable {
    package struct Arm: Sendable, Hashable, Codable {
        package var count: Int
        /// The sum of the losses.
        package var loss: Double

        package init(count: Int, loss: Double) {
            self.count = count
            self.loss = loss
        }

        /// Each loss is from 0 to 1.
        var isPossible: Bool { count >= 0 && loss >= 0 && loss <= Double(count) }
    }

    /// What is measured: `wrong`, `refunded`.
    package var name: String
    package var stable: Arm
    package var canary: Arm

    package init(name: String, stable: Arm, canary: Arm) {
        self.name = name
        self.stable = stable
        self.canary = canary
    }
}
