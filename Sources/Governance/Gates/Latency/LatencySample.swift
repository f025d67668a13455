import Statistics

/// What was measured of one version, round by round.
struct LatencySample: Sendable {
    struct Round: Sendable {
        /// Milliseconds of each request.
        var milliseconds: [Double] = []
        var rows = 0
        /// Milliseconds from the first request's beginning to the last one's end.
        var elapsed = 0.0
    }

    var rounds: [Round] = []

    var requests: Int { rounds.reduce(0) { $0 + $1.milliseconds.count } }

    var rows: Int { rounds.reduce(0) { $0 + $1.rows } }

    private var seconds: Double { rounds.reduce(0) { $0 + $1.elapsed } / 1000 }

    /// `nil` when nothing was measured.
    var requestsPerSecond: Double? { seconds > 0 ? Double(requests) / seconds : nil }

    var rowsPerSecond: Double? { seconds > 0 ? Double(rows) / seconds : nil }

    /// Milliseconds under which this share of the requests was answered.
    func quantile(_ share: Double) -> Double? {
        Quantile.of(share, sorted: rounds.flatMap(\.milliseconds).sorted())
    }
}

/// How two versions that were measured in turn compare: the ratio of a figure, and how far it can be trusted.
///
/// Requests that follow each other are slow or fast together (another process ran, a cache was cold), so single ones must
/// not be drawn anew. Whole rounds are, the same for both versions, since those were measured right after each other.
struct LatencyComparison: Sendable {
    /// Each request's milliseconds and its round, fastest first.
    private struct Ranking: Sendable {
        var milliseconds: [Double] = []
        var rounds: [Int] = []

        init(_ sample: LatencySample) {
            let all = sample.rounds.enumerated().flatMap { index, round in round.milliseconds.map { ($0, index) } }
            for (value, round) in all.sorted(by: { $0.0 < $1.0 }) {
                milliseconds.append(value)
                rounds.append(round)
            }
        }
    }

    private let candidate: LatencySample
    private let champion: LatencySample
    private let rankings: (candidate: Ranking, champion: Ranking)
    private let confidence: Double
    private let resamples: Int

    init(_ candidate: LatencySample, _ champion: LatencySample, confidence: Double, resamples: Int) {
        self.candidate = candidate
        self.champion = champion
        rankings = (Ranking(candidate), Ranking(champion))
        self.confidence = confidence
        self.resamples = resamples
    }

    struct Ratio: Sendable, Hashable {
        var value: Double
        /// `nil` when there are too few rounds to tell.
        var interval: ClosedRange<Double>?
    }

    /// Of the candidate's quantile to the champion's.
    func quantile(_ share: Double, while isWanted: () -> Bool) -> Ratio? {
        ratio(while: isWanted) { counts in
            guard let one = Self.quantile(share, rankings.candidate, counts),
                let other = Self.quantile(share, rankings.champion, counts), other > 0
            else { return nil }
            return one / other
        }
    }

    /// Of the candidate's requests in a second to the champion's.
    func throughput(while isWanted: () -> Bool) -> Ratio? {
        ratio(while: isWanted) { counts in
            guard let one = Self.throughput(candidate, counts), let other = Self.throughput(champion, counts), other > 0
            else { return nil }
            return one / other
        }
    }

    private static func quantile(_ share: Double, _ ranking: Ranking, _ counts: [Int]) -> Double? {
        Quantile.of(share, sorted: ranking.milliseconds, counts: ranking.rounds.map { counts[$0] })
    }

    private static func throughput(_ sample: LatencySample, _ counts: [Int]) -> Double? {
        var (requests, elapsed) = (0.0, 0.0)
        for (round, count) in zip(sample.rounds, counts) {
            requests += Double(round.milliseconds.count * count)
            elapsed += round.elapsed * Double(count)
        }
        return elapsed > 0 ? requests / elapsed : nil
    }

    /// - Parameter figure: the ratio where each round counts so often.
    private func ratio(while isWanted: () -> Bool, _ figure: ([Int]) -> Double?) -> Ratio? {
        let rounds = min(candidate.rounds.count, champion.rounds.count)
        guard rounds > 0, candidate.rounds.count == champion.rounds.count,
            let value = figure(Array(repeating: 1, count: rounds)), value.isFinite
        else { return nil }
        guard rounds >= 5 else { return Ratio(value: value) }
        var random = Xoshiro256(seed: 20)
        var drawn: [Double] = []
        for _ in 0..<resamples {
            guard isWanted() else { return nil }
            var counts = Array(repeating: 0, count: rounds)
            for _ in 0..<rounds { counts[random.below(rounds)] += 1 }
            if let one = figure(counts), one.isFinite { drawn.append(one) }
        }
        drawn.sort()
        let tail = (1 - confidence) / 2
        guard let low = Quantile.of(tail, sorted: drawn), let high = Quantile.of(1 - tail, sorted: drawn) else {
            return Ratio(value: value)
        }
        return Ratio(value: value, interval: low...max(low, high))
    }
}
