/// The truths that have come back for a canary's predictions since it was looked at last: losses from 0 (right) to 1 (wrong).
///
/// In memory only, as the counters of the data plane are: what was told in the second before a crash is not judged.
struct ToldTruths: Sendable {
    /// By metric, then by variant.
    private var arms: [String: [String: QualityTick.Arm]] = [:]

    /// - Parameter metrics: say which way is better; values of others tell nothing.
    mutating func add(_ records: [OutcomeRecord], of metrics: [ExperimentMetric]) {
        for record in records {
            guard let metric = metrics.first(where: { $0.name == record.metric }) else { continue }
            let loss = metric.better == .lower ? record.value : 1 - record.value
            arms[record.metric, default: [:]][record.variant, default: .none].add(.init(count: 1, loss: loss))
        }
    }

    mutating func add(_ other: ToldTruths) {
        for (metric, variants) in other.arms {
            for (variant, arm) in variants { arms[metric, default: [:]][variant, default: .none].add(arm) }
        }
    }

    /// What they say about the candidate beside stable.
    func ticks(of candidate: String) -> [QualityTick] {
        arms.keys.sorted().map { metric in
            let known = arms[metric] ?? [:]
            return QualityTick(
                name: metric, stable: known[RolloutProgress.stable] ?? .none, canary: known[candidate] ?? .none)
        }
    }
}

extension QualityTick.Arm {
    static let none = QualityTick.Arm(count: 0, loss: 0)
}
