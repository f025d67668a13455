/// Counts of durations in ten buckets per decade from one microsecond to a hundred seconds; exact counts, lock-free.
///
/// The bounds hold 1, 2.5 and 5 of each decade, so that a Prometheus histogram over those is exact too.
package final class LatencyHistogram: Sendable {
    /// Upper bounds in nanoseconds, ascending; what is above the last is counted in one more bucket.
    package static let bounds: [UInt64] = {
        let steps: [UInt64] = [1000, 1250, 1600, 2000, 2500, 3200, 4000, 5000, 6300, 8000]
        var bounds: [UInt64] = []
        var decade: UInt64 = 1
        for _ in 0..<8 {
            bounds.append(contentsOf: steps.map { $0 * decade })
            decade *= 10
        }
        bounds.append(1000 * decade)
        return bounds
    }()

    /// Buckets, the one above the last bound included.
    package static let size = bounds.count + 1

    /// For each power of two, the first bound that is not below it: from there it is four bounds at most.
    private static let starts: [UInt8] = (0..<UInt64.bitWidth).map { power in
        UInt8(bounds.firstIndex { $0 >= UInt64(1) << UInt64(power) } ?? bounds.count)
    }

    private let counts = StripedCounters(size)
    // Kept here: static values would be asked for whether they are made yet, at each duration.
    private let bounds = LatencyHistogram.bounds
    private let starts = LatencyHistogram.starts

    package init() {}

    /// Counts one duration in nanoseconds.
    package func record(_ nanoseconds: UInt64) { counts.mine.add(1, to: bucket(nanoseconds)) }

    /// The count of each bucket, the one above the last bound included.
    package func snapshot() -> [UInt64] { (0..<Self.size).map(counts.sum) }

    /// The index of the first bound that is not below `nanoseconds`.
    func bucket(_ nanoseconds: UInt64) -> Int {
        var index = Int(starts[UInt64.bitWidth - 1 - (nanoseconds | 1).leadingZeroBitCount])
        while index < bounds.count, bounds[index] < nanoseconds { index += 1 }
        return index
    }

    /// The smallest bound below which at least `share` (0 to 1) of `counts` lie, in nanoseconds; `nil` without counts.
    package static func quantile(_ share: Double, of counts: [UInt64]) -> UInt64? {
        let total = counts.reduce(0, &+)
        guard total > 0 else { return nil }
        let wanted = max(1, (share * Double(total)).rounded(.up))
        var seen: UInt64 = 0
        for (index, count) in counts.enumerated() {
            seen &+= count
            if Double(seen) >= wanted { return bounds[min(index, bounds.count - 1)] }
        }
        return bounds.last
    }
}
