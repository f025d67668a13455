import Journal
import Statistics

/// Holds what was measured against the limits.
struct LatencyJudge {
    let rule: LatencyRule
    let candidate: LatencySample
    let champion: LatencySample?
    let work: GateWork

    func figures() throws(ControlError) -> [GateFigure] {
        let shares: [(String, Double, Double?)] = [
            ("p50 ms", 0.5, rule.maxP50Milliseconds), ("p99 ms", 0.99, rule.maxP99Milliseconds),
        ]
        var figures = shares.map { name, share, limit in
            figure(name, candidate.quantile(share), champion?.quantile(share), atMost: limit)
        }
        figures.append(
            figure(
                "requests/s", candidate.requestsPerSecond, champion?.requestsPerSecond,
                atLeast: rule.minRequestsPerSecond))
        figures.append(
            figure("rows/s", candidate.rowsPerSecond, champion?.rowsPerSecond, atLeast: rule.minRowsPerSecond))
        figures += try ratios()
        figures.append(
            GateFigure(
                name: "requests", candidate: Double(candidate.requests),
                champion: champion.map { Double($0.requests) }))
        return figures
    }

    private func figure(
        _ name: String, _ value: Double?, _ other: Double?, atMost most: Double? = nil, atLeast least: Double? = nil
    ) -> GateFigure {
        var figure = GateFigure(name: name, candidate: value, champion: other)
        if let most {
            figure.limit = "at most \(FigureText.number(most))"
            figure.passed = value.map { $0 <= most } ?? false
        }
        if let least {
            figure.limit = "at least \(FigureText.number(least))"
            figure.passed = value.map { $0 >= least } ?? false
        }
        return figure
    }

    // MARK: - Against the champion

    private func ratios() throws(ControlError) -> [GateFigure] {
        let asked: [(String, Double?, Bool)] = [
            ("p50 ratio", rule.maxP50Ratio, false), ("p99 ratio", rule.maxP99Ratio, false),
            ("throughput ratio", rule.minThroughputRatio, true),
        ]
        guard let champion else {
            return asked.compactMap { name, limit, isLeast in
                limit.map {
                    GateFigure(
                        name: name, candidate: nil, limit: Self.text($0, isLeast),
                        note: "there is no champion to compare with")
                }
            }
        }
        let comparison = LatencyComparison(
            candidate, champion, confidence: rule.confidence, resamples: rule.resamples)
        let ratios = [
            comparison.quantile(0.5, while: { work.isWanted }), comparison.quantile(0.99, while: { work.isWanted }),
            comparison.throughput(while: { work.isWanted }),
        ]
        try work.check()
        return zip(asked, ratios).map { asked, ratio in
            let (name, limit, isLeast) = asked
            var figure = GateFigure(name: name, candidate: ratio?.value, interval: ratio?.interval)
            guard let limit else { return figure }
            figure.limit = Self.text(limit, isLeast)
            guard let ratio else {
                figure.passed = false
                figure.note = "it cannot be computed"
                return figure
            }
            // The end of the interval that is kindest to the candidate.
            let kindest = ratio.interval.map { isLeast ? $0.upperBound : $0.lowerBound } ?? ratio.value
            figure.passed = isLeast ? kindest >= limit : kindest <= limit
            return figure
        }
    }

    private static func text(_ limit: Double, _ isLeast: Bool) -> String {
        "\(isLeast ? "at least" : "at most") \(FigureText.number(limit)) times the champion's"
    }

    // MARK: - In sentences

    func sentence(_ figures: [GateFigure]) -> String {
        let judged = figures.filter { $0.passed != nil }
        let missed = judged.filter { $0.passed == false }
        let count = FigureText.count(judged.count, "limit")
        if judged.isEmpty { return "There is no champion to compare with, and no other limit." }
        guard !missed.isEmpty else {
            let times = figures.prefix(2).compactMap { figure in
                figure.candidate.map { "\(figure.name.prefix(3)) \(FigureText.number($0)) ms" }
            }
            return "All \(count) hold: \(times.joined(separator: ", "))."
        }
        return "\(missed.count) of \(count) missed: \(missed.map(HoldoutSummary.phrase).joined(separator: "; "))."
    }

    var method: [String] {
        guard champion != nil, rule.comparesWithChampion else { return [] }
        return [
            "Ratios: the \(FigureText.number(rule.confidence * 100)) % interval of \(rule.resamples) bootstrap draws over "
                + "rounds; a figure fails when all of the interval is worse than allowed."
        ]
    }
}
