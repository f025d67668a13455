package import Serving

/// What is known about a rollout's variants by now; kept once a second, so that a restarted server judges by the same.
package struct RolloutProgress: Sendable, Hashable, Codable {
    package struct Tally: Sendable, Hashable, Codable {
        package var requests: UInt64 = 0
        package var errors: UInt64 = 0

        package init() {}
    }

    /// By variant, the stable one included: since the rollout began.
    package private(set) var tallies: [String: Tally] = [:]
    /// By candidate.
    package private(set) var analyses: [String: CanaryAnalysis] = [:]
    package private(set) var watch: ErrorWatch?
    package private(set) var shadow = ShadowProgress()
    /// What each check answered last.
    package private(set) var checks: [String: RolloutCheckAnswer] = [:]

    /// Why the candidate cannot run at all; once seen, it stays.
    package private(set) var fault: String?

    package static let stable = "stable"

    package init(_ spec: RolloutSpec) {
        switch spec.strategy {
        case .blueGreen: watch = ErrorWatch()
        case .canary, .ab:
            // Several candidates are several chances to be wrong.
            var settings = spec.analysis
            settings.alpha /= Double(max(1, spec.candidates.count))
            // What an experiment's outcomes come to is its report's to say.
            let qualities = spec.strategy == .canary ? (spec.metrics ?? []).map(\.name) : []
            for candidate in spec.candidates {
                analyses[candidate.variant] = CanaryAnalysis(settings, qualities: qualities)
            }
        case .shadow: break
        }
    }

    /// Takes in what the variants have done since the last time.
    package mutating func observe(_ increments: [String: ArmCounts]) {
        for (variant, counts) in increments {
            var tally = tallies[variant] ?? Tally()
            tally.requests &+= counts.requests
            tally.errors &+= counts.errors
            tallies[variant] = tally
        }
        let stable = increments[Self.stable] ?? ArmCounts()
        watch?.observe(requests: stable.requests, errors: stable.errors)
        for variant in analyses.keys {
            let canary = increments[variant] ?? ArmCounts()
            guard stable.requests > 0 || canary.requests > 0 else { continue }
            analyses[variant]?.observe(ArmTick(stable: stable, canary: canary))
        }
    }

    package mutating func observe(_ reading: ShadowReading) { shadow.observe(reading) }

    /// Takes in the truths that have come back since the last time.
    mutating func observe(_ truths: ToldTruths) {
        for variant in analyses.keys {
            for tick in truths.ticks(of: variant) { analyses[variant]?.observe(quality: tick) }
        }
    }

    package mutating func observe(fault sentence: String) { fault = fault ?? sentence }

    package mutating func observe(_ answer: RolloutCheckAnswer) {
        checks[answer.result.name] = answer
        for variant in analyses.keys { analyses[variant]?.observe(check: answer.result) }
    }

    /// The weights have changed: passing is judged anew, failing is not.
    package mutating func beginStep() {
        for variant in analyses.keys { analyses[variant]?.beginStep() }
    }

    /// What it all comes to.
    package func finding(_ spec: RolloutSpec) -> (verdict: AnalysisVerdict, sentence: String) {
        if let failure = failure(spec) { return (.fail, failure) }
        if spec.strategy == .blueGreen { return (.inconclusive, watchSentence(spec)) }
        let open = spec.candidates.compactMap { candidate -> String? in
            guard let analysis = analyses[candidate.variant], analysis.verdict != .pass else { return nil }
            return Self.sentence(candidate, analysis, of: spec)
        }
        let missing = spec.checks.filter { checks[$0.name] == nil }.map { "check \($0.name) has not answered yet" }
        if let first = (open + missing).first { return (.inconclusive, first) }
        let passed = spec.candidates.compactMap { candidate in
            analyses[candidate.variant].map { Self.sentence(candidate, $0, of: spec) }
        }
        return (analyses.isEmpty ? .inconclusive : .pass, passed.joined(separator: "; "))
    }

    private func failure(_ spec: RolloutSpec) -> String? {
        if let fault { return fault }
        if let watch, watch.isBreached(limit: spec.watchErrorRate) { return watchSentence(spec) }
        for candidate in spec.candidates {
            if let analysis = analyses[candidate.variant], analysis.verdict == .fail {
                return Self.sentence(candidate, analysis, of: spec)
            }
        }
        return nil
    }

    private func watchSentence(_ spec: RolloutSpec) -> String {
        let watch = watch ?? ErrorWatch()
        let percent = (spec.watchErrorRate * 10_000).rounded() / 100
        return "\(watch.errors) of \(watch.requests) requests failed since the switch, at most \(percent)% may"
    }

    private static func sentence(
        _ candidate: RolloutCandidate, _ analysis: CanaryAnalysis, of spec: RolloutSpec
    ) -> String {
        let sentence = analysis.report.sentence
        return spec.candidates.count == 1 ? sentence : "\(candidate.variant): \(sentence)"
    }
}

extension ArmCounts {
    /// What has been counted since `earlier`. Where a count is lower than before, counting began anew.
    func increment(since earlier: ArmCounts) -> ArmCounts {
        guard requests >= earlier.requests, errors >= earlier.errors, nonFinite >= earlier.nonFinite else {
            return self
        }
        return ArmCounts(
            requests: requests - earlier.requests, errors: errors - earlier.errors,
            nonFinite: nonFinite - earlier.nonFinite, latency: Self.increment(latency, earlier.latency),
            outputs: outputs.map { output in
                let before = earlier.outputs.first { $0.name == output.name }?.bins ?? []
                return OutputCounts(name: output.name, bins: Self.increment(output.bins, before))
            })
    }

    private static func increment(_ now: [UInt64], _ earlier: [UInt64]) -> [UInt64] {
        now.enumerated().map { index, count in
            count - min(count, index < earlier.count ? earlier[index] : 0)
        }
    }
}
