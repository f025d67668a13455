import Serving

/// Latencies counted in the buckets of `LatencyHistogram`.
enum LatencyFigures {
    /// How many buckets a ratio is: the smallest step that makes every latency at least that many times as long.
    static func shift(for ratio: Double) -> Int {
        let bounds = LatencyHistogram.bounds
        for shift in 0..<bounds.count
        where zip(bounds, bounds.dropFirst(shift)).allSatisfy({ Double($1) >= Double($0) * ratio * (1 - 1e-9) }) {
            return shift
        }
        return bounds.count - 1
    }

    /// In milliseconds, taken evenly within its bucket; `nil` without counts.
    static func quantile(_ share: Double, of counts: [UInt64]) -> Double? {
        let total = counts.reduce(0.0) { $0 + Double($1) }
        guard total > 0 else { return nil }
        let bounds = LatencyHistogram.bounds
        let wanted = share * total
        var seen = 0.0
        for (bucket, count) in counts.enumerated() where count > 0 {
            if seen + Double(count) >= wanted {
                guard bucket < bounds.count else { break }
                let low = bucket > 0 ? Double(bounds[bucket - 1]) : 0
                let part = (wanted - seen) / Double(count)
                return (low + (Double(bounds[bucket]) - low) * part) / 1e6
            }
            seen += Double(count)
        }
        return bounds.last.map { Double($0) / 1e6 }
    }
}
