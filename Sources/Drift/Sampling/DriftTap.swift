import Serving
import Synchronization
import Tensors

/// How many rows of a version are wanted yet: more come with time, so that those that are taken lie evenly in it, whatever
/// the traffic. While none is wanted a prediction costs one load of this number.
final class RowCredit: Sendable {
    private let rows = Atomic<Int>(0)

    var isThere: Bool { rows.load(ordering: .relaxed) > 0 }

    /// Up to `wanted` of what there is, which is gone with it. Two threads at once may get a few too many.
    func take(_ wanted: Int) -> Int {
        let taken = min(wanted, rows.load(ordering: .relaxed))
        guard taken > 0 else { return 0 }
        rows.wrappingSubtract(taken, ordering: .relaxed)
        return taken
    }

    /// - Parameter most: that there may be with them.
    func add(_ more: Int, most: Int) {
        let room = most - rows.load(ordering: .relaxed)
        if room > 0, more > 0 { rows.wrappingAdd(min(more, room), ordering: .relaxed) }
    }

    func giveBack(_ count: Int) { rows.wrappingAdd(count, ordering: .relaxed) }

    func clear() { rows.store(0, ordering: .relaxed) }
}

/// What one version of an endpoint tells the watch over it: some rows of predictions that were answered.
final class DriftTap: PredictionObserver {
    private let version: DriftVersion
    private let queue: DriftQueue
    private let mostRows: Int

    init(_ version: DriftVersion, queue: DriftQueue) {
        self.version = version
        self.queue = queue
        mostRows = max(1, DriftQueue.predictionBytes / version.plan.rowBytes)
        version.taps.wrappingAdd(1, ordering: .relaxed)
    }

    deinit { version.taps.wrappingSubtract(1, ordering: .relaxed) }

    var isListening: Bool { version.credit.isThere }

    /// Rows, not predictions: those that are taken, and those for which there was no room.
    var counts: ObserverCounts { version.counts }

    func observe(_ prediction: ObservedPrediction) {
        guard prediction.fault == nil else { return }
        let rows = version.plan.rows(of: prediction)
        let count = version.credit.take(min(rows, mostRows))
        guard count > 0 else { return }
        let isTaken = queue.offer(prediction, of: version, rows: rows, count: count)
        version.count(count, isTaken: isTaken)
        // They are wanted yet: a window must not stay short of what there was no room for.
        if !isTaken { version.credit.giveBack(count) }
    }
}

extension FeaturePlan {
    /// 0 where there is none.
    func rows(of prediction: ObservedPrediction) -> Int {
        guard hasRows else { return 1 }
        return prediction.inputs.first?.shape.dimensions.first ?? 0
    }
}
