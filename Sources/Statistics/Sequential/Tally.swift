/// How often something was tried, and how often it came out in the way that is counted. Where each trial has a value
/// between 0 and 1, `hits` is their sum.
package struct Tally: Sendable, Hashable, Codable {
    package var trials: Double
    package var hits: Double

    package init(trials: Double = 0, hits: Double = 0) {
        self.trials = max(0, trials)
        self.hits = min(max(0, hits), self.trials)
    }

    package init(_ hits: UInt64, of trials: UInt64) {
        self.init(trials: Double(trials), hits: Double(hits))
    }

    package var rate: Double? { trials > 0 ? hits / trials : nil }

    package static func + (one: Tally, other: Tally) -> Tally {
        Tally(trials: one.trials + other.trials, hits: one.hits + other.hits)
    }

    package static func += (one: inout Tally, other: Tally) { one = one + other }

    func scaled(by factor: Double) -> Tally { Tally(trials: trials * factor, hits: hits * factor) }
}
