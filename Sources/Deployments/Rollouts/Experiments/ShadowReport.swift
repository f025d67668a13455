package import Serving
import Statistics

/// When a shadow candidate counts as answering like the version that serves.
package struct ShadowCriteria: Sendable, Hashable, Codable {
    /// The largest share of requests that may be answered otherwise, or not at all.
    package var maxDisagreement = 0.01
    /// The chance that a verdict is ever wrong, however often one looks.
    package var alpha = 0.05

    package init() {}
}

/// What a shadow candidate's answers were like beside those that callers got, with a verdict.
package struct ShadowReport: Sendable, Hashable, Codable {
    /// A share with the interval that holds it at all times at once.
    package struct Share: Sendable, Hashable, Codable {
        package var count: UInt64
        package var of: UInt64
        package var share: Double?
        package var low: Double
        package var high: Double

        init(_ count: UInt64, of all: UInt64, alpha: Double) {
            self.count = min(count, all)
            self.of = all
            share = all > 0 ? Double(self.count) / Double(all) : nil
            let interval = ProportionSequence.interval(Double(self.count), of: Double(all), alpha: alpha)
            (low, high) = (interval.lowerBound, interval.upperBound)
        }
    }

    package struct Part: Sendable, Hashable, Codable {
        /// Of a segment `nil` for all those that have no line of their own.
        package var name: String?
        package var rows: Share
        /// Outputs only: the largest difference of two numbers, and the mean of each row's largest.
        package var largestDifference: Double?
        package var meanDifference: Double?
    }

    package struct Latency: Sendable, Hashable, Codable {
        /// Milliseconds in the model; `nil` before there are any.
        package var primary: Double?
        package var candidate: Double?
    }

    package var verdict: AnalysisVerdict
    package var sentence: String
    package var criteria: ShadowCriteria
    /// Requests that were answered otherwise, or not at all.
    package var disagreements: Share
    /// Requests that the candidate failed to answer; they are among the disagreements.
    package var errors: UInt64
    package var lastError: String?
    /// Requests that were to be mirrored, and those of them that found the queue full, or the candidate not in memory.
    package var mirrored: UInt64
    package var dropped: UInt64
    package var rows: Share
    package var outputs: [Part]
    /// The segment whose share is largest first.
    package var segments: [Part]
    package var worst: [ShadowReading.WorstRow]
    package var p50: Latency
    package var p99: Latency

    package init(_ reading: ShadowReading, criteria: ShadowCriteria = ShadowCriteria()) {
        self.criteria = criteria
        let alpha = criteria.alpha
        let compared = reading.compared
        // Rows of one request go together; what is independent of each other are requests.
        disagreements = Share(
            compared.requestsApart &+ reading.errors, of: compared.requests &+ reading.errors, alpha: alpha)
        errors = reading.errors
        lastError = reading.lastError
        mirrored = reading.mirrored
        dropped = reading.dropped
        rows = Share(compared.rowsApart, of: compared.rows, alpha: alpha)
        outputs = reading.outputs.map {
            Part(
                name: $0.name, rows: Share($0.rowsApart, of: $0.rows, alpha: alpha),
                largestDifference: $0.largestDifference, meanDifference: $0.meanDifference)
        }
        // Of many segments one is far off by chance.
        let each = alpha / Double(max(1, reading.segments.count))
        segments = reading.segments.map {
            Part(name: $0.value, rows: Share($0.rowsApart, of: $0.rows, alpha: each))
        }.sorted { ($0.rows.share ?? 0) > ($1.rows.share ?? 0) }
        worst = reading.worst
        p50 = Self.latency(0.5, reading)
        p99 = Self.latency(0.99, reading)
        (verdict, sentence) = Self.judge(disagreements, criteria)
    }

    private static func judge(_ share: Share, _ criteria: ShadowCriteria) -> (AnalysisVerdict, String) {
        guard let seen = share.share else { return (.inconclusive, "nothing has been compared yet") }
        let limit = FigureWords.share(criteria.maxDisagreement)
        let found =
            "\(FigureWords.share(seen)) of \(FigureWords.grouped(Double(share.of))) requests were answered otherwise, "
            + "between \(FigureWords.share(share.low)) and \(FigureWords.share(share.high)) with "
            + "\(FigureWords.number((1 - criteria.alpha) * 100))% confidence"
        if share.high <= criteria.maxDisagreement { return (.pass, "\(found): at most \(limit)") }
        if share.low > criteria.maxDisagreement { return (.fail, "\(found): more than \(limit)") }
        return (.inconclusive, "\(found): whether it is at most \(limit) cannot be said yet")
    }

    private static func latency(_ share: Double, _ reading: ShadowReading) -> Latency {
        Latency(
            primary: LatencyFigures.quantile(share, of: reading.primaryLatency),
            candidate: LatencyFigures.quantile(share, of: reading.candidateLatency))
    }
}

extension ShadowReading {
    /// What was read before the server's last start, and since, as one.
    package func added(to earlier: ShadowReading) -> ShadowReading {
        guard earlier.rollout == rollout, earlier.variant == variant else { return self }
        var sum = self
        sum.mirrored &+= earlier.mirrored
        sum.dropped &+= earlier.dropped
        sum.errors &+= earlier.errors
        sum.lastError = lastError ?? earlier.lastError
        sum.compared.requests &+= earlier.compared.requests
        sum.compared.requestsApart &+= earlier.compared.requestsApart
        sum.compared.rows &+= earlier.compared.rows
        sum.compared.rowsApart &+= earlier.compared.rowsApart
        sum.outputs = Self.sum(outputs, earlier.outputs, named: { $0.name }) { $0.add($1) }
        sum.segments = Self.sum(segments, earlier.segments, named: { $0.value }) {
            $0.rows &+= $1.rows
            $0.rowsApart &+= $1.rowsApart
        }
        sum.worst = Array((worst + earlier.worst).sorted { $0.badness > $1.badness }.prefix(Self.worstKept))
        sum.primaryLatency = Self.sum(primaryLatency, earlier.primaryLatency)
        sum.candidateLatency = Self.sum(candidateLatency, earlier.candidateLatency)
        return sum
    }

    private static func sum<Part, Key: Hashable>(
        _ now: [Part], _ earlier: [Part], named key: (Part) -> Key, _ add: (inout Part, Part) -> Void
    ) -> [Part] {
        var sum = now
        for part in earlier {
            if let index = sum.firstIndex(where: { key($0) == key(part) }) {
                add(&sum[index], part)
            } else {
                sum.append(part)
            }
        }
        return sum
    }

    private static func sum(_ now: [UInt64], _ earlier: [UInt64]) -> [UInt64] {
        var sum = now.count >= earlier.count ? now : earlier
        for (bucket, count) in (now.count >= earlier.count ? earlier : now).enumerated() { sum[bucket] &+= count }
        return sum
    }
}

extension ShadowReading.Output {
    fileprivate mutating func add(_ other: ShadowReading.Output) {
        let all = Double(rows) + Double(other.rows)
        if all > 0 {
            meanDifference = (meanDifference * Double(rows) + other.meanDifference * Double(other.rows)) / all
        }
        rows &+= other.rows
        rowsApart &+= other.rowsApart
        largestDifference = max(largestDifference, other.largestDifference)
    }
}
