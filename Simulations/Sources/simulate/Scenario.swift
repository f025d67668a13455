/// One kind of traffic, what is demanded of the analysis there, and what came of it.
struct Scenario: Sendable {
    var name: String
    var rollout: SimulatedRollout
    /// The share of runs that must be as wanted; `nil` where the figures are only told.
    var demand: Demand?

    enum Demand: Sendable {
        case rolledBackAtMost(Double)
        /// The share that is rolled back within so many seconds.
        case rolledBackAtLeast(Double, within: Int?)

        var words: String {
            switch self {
            case .rolledBackAtMost(let share): "rolled back <= \(share.percent)"
            case .rolledBackAtLeast(let share, let seconds):
                "rolled back >= \(share.percent)" + (seconds.map { " in \($0) s" } ?? "")
            }
        }
    }
}

struct Summary: Sendable {
    let outcomes: [SimulatedRollout.Outcome]

    var runs: Int { outcomes.count }

    func rolledBack(within seconds: Int? = nil) -> Double {
        Double(outcomes.count { ($0.failedAfter ?? .max) <= seconds ?? .max - 1 }) / Double(max(1, runs))
    }

    /// Seconds until the rollback, of those that were rolled back.
    func seconds(_ share: Double) -> Int? {
        let times = outcomes.compactMap(\.failedAfter).sorted()
        return times.isEmpty ? nil : times[min(times.count - 1, Int(share * Double(times.count)))]
    }

    /// The share of all requests that failed at the canary.
    var harmed: Double {
        let (harmed, all) = outcomes.reduce((0.0, 0.0)) { ($0.0 + Double($1.harmed), $0.1 + Double($1.requests)) }
        return harmed / max(1, all)
    }

    var waited: Double { outcomes.reduce(0) { $0 + Double($1.waited) } / Double(max(1, runs)) }

    var metrics: String {
        var counts: [String: Int] = [:]
        for outcome in outcomes where outcome.failedAfter != nil {
            counts[outcome.metrics.joined(separator: "+"), default: 0] += 1
        }
        return counts.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { "\($0.key) \($0.value)" }
            .joined(separator: ", ")
    }

    func meets(_ demand: Scenario.Demand) -> Bool {
        switch demand {
        case .rolledBackAtMost(let share): rolledBack() <= share
        case .rolledBackAtLeast(let share, let seconds): rolledBack(within: seconds) >= share
        }
    }
}

extension Double {
    var percent: String { "\((self * 10000).rounded() / 100)%" }
}
