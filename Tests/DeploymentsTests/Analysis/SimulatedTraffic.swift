import Deployments
import Foundation
import Serving
import Statistics

/// Requests of two variants as a server would count them, made out of a seed: log-normal latencies that depend on those
/// before them, errors, and a share of the requests that chance gives to the canary. Used by the tests here and by the
/// package `Simulations`.
struct SimulatedTraffic: Sendable {
    enum Dependence: Sendable {
        /// A request is as slow as the one before it, whichever variant that was: the machine is what is slow.
        case onTheMachine
        /// Each variant has slow times of its own.
        case withinTheVariant
    }

    /// What happens to both variants at once.
    enum Trouble: Sendable {
        case none
        /// Everything takes three times as long, half of the time.
        case slowMachine
        /// Half of all requests fail for 20 seconds in every 100.
        case outages
    }

    var requestsPerSecond = 200.0
    var stableErrors = 0.01
    var canaryErrors = 0.01
    /// Of the logarithm of a latency, around a median of 2 ms.
    var spread = 0.5
    /// Of a latency's logarithm with that of the request before it.
    var correlation = 0.9
    var dependence = Dependence.onTheMachine
    /// How many times as long the canary takes.
    var canarySlowdown = 1.0
    /// The same of its slowest twentieth only.
    var tailSlowdown = 1.0
    /// Whether that twentieth is a kind of request of its own that takes twice as long as the others at either variant;
    /// else chance says which are slow.
    var hasTwoKinds = false
    var trouble = Trouble.none
    /// By how many standard deviations the canary's answers are moved.
    var outputShift = 0.0
    var nonFiniteCanary = 0.0
}

extension SimulatedTraffic {
    static let bins = 64 + 16

    /// Second after second of it.
    struct Source {
        private let traffic: SimulatedTraffic
        private var random: Xoshiro256
        private var second = 0
        private var state: [Double] = [0, 0]

        init(_ traffic: SimulatedTraffic, seed: UInt64) {
            self.traffic = traffic
            random = Xoshiro256(seed: seed)
            state = [normal(), normal()]
        }

        mutating func next(canaryWeight weight: Double) -> ArmTick {
            var arms = (ArmCounts.empty, ArmCounts.empty)
            var time = -log(uniform()) / traffic.requestsPerSecond
            while time < 1 {
                time += -log(uniform()) / traffic.requestsPerSecond
                if uniform() < weight { request(&arms.1, isCanary: true) } else { request(&arms.0, isCanary: false) }
            }
            second += 1
            return ArmTick(stable: arms.0, canary: arms.1)
        }

        private mutating func request(_ arm: inout ArmCounts, isCanary: Bool) {
            let place = traffic.dependence == .withinTheVariant && isCanary ? 1 : 0
            let rest = (1 - traffic.correlation * traffic.correlation).squareRoot()
            state[place] = traffic.correlation * state[place] + rest * normal()
            arm.requests += 1
            let failing = isCanary ? traffic.canaryErrors : traffic.stableErrors
            let outage = traffic.trouble == .outages && second % 100 >= 80 ? 0.5 : 0
            if uniform() < failing + (1 - failing) * outage {
                arm.errors += 1
                return
            }
            var latency = log(2e6) + traffic.spread * state[place]
            if traffic.trouble == .slowMachine, second % 100 >= 50 { latency += log(3) }
            if traffic.hasTwoKinds, uniform() < 0.05 { latency += log(2) + (isCanary ? log(traffic.tailSlowdown) : 0) }
            if isCanary {
                latency += log(traffic.canarySlowdown)
                if !traffic.hasTwoKinds, state[place] > 1.645 { latency += log(traffic.tailSlowdown) }
                if uniform() < traffic.nonFiniteCanary { arm.nonFinite += 1 }
            }
            arm.latency[Self.bucket(latency)] += 1
            let value = normal() + (isCanary ? traffic.outputShift : 0)
            arm.outputs[0].bins[min(SimulatedTraffic.bins - 1, max(0, Int(40 + 8 * value)))] += 1
        }

        private static let logarithms = LatencyHistogram.bounds.map { log(Double($0)) }

        private static func bucket(_ latency: Double) -> Int {
            var (low, high) = (0, logarithms.count)
            while low < high {
                let middle = (low + high) / 2
                if logarithms[middle] < latency { low = middle + 1 } else { high = middle }
            }
            return low
        }

        private mutating func uniform() -> Double { (Double(random.next() >> 11) + 0.5) / 9_007_199_254_740_992 }

        /// By Box and Muller.
        private mutating func normal() -> Double { (-2 * log(uniform())).squareRoot() * cos(2 * .pi * uniform()) }
    }
}

extension ArmCounts {
    fileprivate static let empty = ArmCounts(
        latency: Array(repeating: 0, count: LatencyHistogram.bounds.count + 1),
        outputs: [OutputCounts(name: "score", bins: Array(repeating: 0, count: SimulatedTraffic.bins))])
}

/// A rollout of simulated traffic, in the steps 1, 5, 25, 50 that hold for two minutes each, and longer while the
/// analysis is inconclusive.
struct SimulatedRollout: Sendable {
    static let steps = [0.01, 0.05, 0.25, 0.5]

    var traffic: SimulatedTraffic
    /// Steps that are gone through; the traffic never gets past the last of them.
    var steps = 3
    var hold = 120
    /// An hour and a half, in seconds.
    var patience = 5400
    var settings = AnalysisSettings()

    struct Outcome: Sendable {
        /// Seconds after the start; `nil` where it was not rolled back.
        var failedAfter: Int?
        /// What failed: `errors`, `p50`.
        var metrics: [String] = []
        /// Of the steps, how many were passed.
        var passed = 0
        /// Seconds that a step held after its two minutes.
        var waited = 0
        /// Requests, and those that failed at the canary, up to the end.
        var requests: UInt64 = 0
        var harmed: UInt64 = 0
        /// What the analysis said last.
        var sentence = ""
    }

    func run(seed: UInt64) -> Outcome {
        var source = SimulatedTraffic.Source(traffic, seed: seed)
        var analysis = CanaryAnalysis(settings)
        var outcome = Outcome()
        var second = 0
        for (index, weight) in Self.steps.prefix(steps).enumerated() {
            if index > 0 { analysis.beginStep() }
            var held = 0
            repeat {
                guard second < patience else { break }
                let tick = source.next(canaryWeight: weight)
                analysis.observe(tick)
                outcome.requests += tick.stable.requests + tick.canary.requests
                outcome.harmed += tick.canary.errors
                second += 1
                held += 1
            } while !analysis.hasFailed && (held < hold || analysis.verdict != .pass)
            outcome.waited += max(0, held - hold)
            guard !analysis.hasFailed, second < patience else { break }
            outcome.passed += 1
        }
        let report = analysis.report
        outcome.sentence = report.sentence
        if analysis.hasFailed {
            outcome.failedAfter = second
            outcome.metrics = report.metrics.filter { $0.verdict == .fail }.map(\.name)
        }
        return outcome
    }
}
