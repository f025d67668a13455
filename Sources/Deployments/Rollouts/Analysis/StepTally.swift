import Serving
import Statistics

/// What both variants did since the step began: the figures that people see, and what passing is judged by.
struct StepTally: Sendable, Hashable, Codable {
    var stable = Arm()
    var canary = Arm()
    var quality: [QualityTick] = []

    struct Arm: Sendable, Hashable, Codable {
        var requests: UInt64 = 0
        var errors: UInt64 = 0
        var nonFinite: UInt64 = 0
        var latency: [UInt64] = []

        var answers: UInt64 { requests > errors ? requests - errors : 0 }

        mutating func observe(_ counts: ArmCounts) {
            requests &+= counts.requests
            errors &+= counts.errors
            nonFinite &+= counts.nonFinite
            if latency.count < counts.latency.count {
                latency.append(contentsOf: repeatElement(0, count: counts.latency.count - latency.count))
            }
            for (bucket, count) in counts.latency.enumerated() { latency[bucket] &+= count }
        }
    }

    mutating func observe(_ tick: ArmTick) {
        stable.observe(tick.stable)
        canary.observe(tick.canary)
    }

    mutating func observe(_ tick: QualityTick) {
        guard let index = quality.firstIndex(where: { $0.name == tick.name }) else {
            if quality.count < MetricTests.mostNamed { quality.append(tick) }
            return
        }
        quality[index].stable.add(tick.stable)
        quality[index].canary.add(tick.canary)
    }
}

extension QualityTick.Arm {
    mutating func add(_ other: QualityTick.Arm) {
        count &+= other.count
        loss += other.loss
    }

    var mean: Double? { count > 0 ? loss / Double(count) : nil }
}
