import Synchronization

/// What one run of a model usually costs, learnt from its own runs: a running median for each power of two of the size of
/// its inputs.
///
/// Not a mean: on a busy machine a thread is put aside in the middle of some runs, for a thousand times as long as they
/// take. A mean of such runs once moved short models off the event loops, to threads that were put aside even more.
final class CostEstimate: Sendable {
    private static let buckets = 24
    /// Nanoseconds; 0 where no run has been seen.
    private nonisolated(unsafe) let figures: UnsafeMutablePointer<Atomic<UInt64>>

    init() {
        figures = .allocate(capacity: Self.buckets)
        for index in 0..<Self.buckets { (figures + index).initialize(to: Atomic(0)) }
    }

    deinit {
        figures.deinitialize(count: Self.buckets)
        figures.deallocate()
    }

    func record(size: Int, nanoseconds: UInt64) {
        let figure = figures + Self.bucket(size)
        let known = figure.pointee.load(ordering: .relaxed)
        if known == 0 {
            figure.pointee.store(max(1, nanoseconds), ordering: .relaxed)
            return
        }
        let step = known / 8 &+ 1
        let next =
            nanoseconds > known
            ? min(nanoseconds, known.addingReportingOverflow(step).partialValue)
            : max(nanoseconds, known > step ? known - step : 1)
        // Nothing new: all event loops read the figure at each request, and a write would take it from them.
        if max(next, known) &- min(next, known) <= known / 16 { return }
        // Two threads may overwrite each other here; the figure is an estimate either way.
        figure.pointee.store(max(1, next), ordering: .relaxed)
    }

    /// Nanoseconds that a run on inputs of `size` should take; `nil` when nothing is known of that size or less.
    func expected(size: Int) -> UInt64? {
        var bucket = Self.bucket(size)
        var factor: UInt64 = 1
        while true {
            let known = figures[bucket].load(ordering: .relaxed)
            if known > 0 { return known.multipliedReportingOverflow(by: factor).partialValue }
            guard bucket > 0 else { return nil }
            bucket -= 1
            // More may cost nothing more or its full share: take the dearer.
            factor &*= 2
        }
    }

    /// Nanoseconds that a run of any size should take at least; `nil` when nothing is known.
    var least: UInt64? {
        var least: UInt64?
        for bucket in 0..<Self.buckets {
            let known = figures[bucket].load(ordering: .relaxed)
            if known > 0 { least = min(least ?? known, known) }
        }
        return least
    }

    /// The smallest power of two that is not below `size`, as an exponent.
    private static func bucket(_ size: Int) -> Int {
        let size = max(1, size)
        return min(buckets - 1, Int.bitWidth - (size - 1).leadingZeroBitCount)
    }
}
