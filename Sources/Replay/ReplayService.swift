package import Governance
package import Journal
package import Monitoring
import Registry
import Runtimes
import Serving
import Synchronization

/// Runs what a ledger has through any version, in a worker process of its own.
package final class ReplayService: Sendable {
    private struct UnderWay {
        var runs: [Weak] = []
        var isClosed = false
    }

    private struct Weak: Sendable {
        weak var run: ReplayRun?
    }

    private let ledger: Ledger
    private let scoring: any ModelScoring
    private let threads: BlockingThreads
    private let seats: ReplaySeats
    private let underWay = Mutex(UnderWay())
    private let clock: @Sendable () -> UInt64

    /// - Parameters:
    ///   - scoring: loads versions apart from the server.
    ///   - atOnce: replays at most at a time; each has a worker with a copy of its model.
    package init(
        ledger: Ledger, scoring: any ModelScoring, atOnce: Int = 2,
        clock: @escaping @Sendable () -> UInt64 = MonotonicClock.nanoseconds
    ) {
        self.ledger = ledger
        self.scoring = scoring
        self.clock = clock
        threads = BlockingThreads(name: "slipway.replay", width: min(max(1, atOnce), 4))
        seats = ReplaySeats(atOnce)
    }

    /// Loads the version and looks for the predictions. Throws `invalid` for an order that cannot be meant, `unavailable`
    /// while too many replays are under way, and `loadFailed`.
    package func start(_ order: ReplayOrder) async throws(ControlError) -> ReplayRun {
        try order.validate()
        let seat = try seats.take()
        let rows = await ledger.rows(
            space: order.space, endpoint: order.endpoint, query: order.query, newest: order.limit)
        let instance = try await threads.run { [scoring] () throws(ControlError) in
            do throws(ModelLoadError) {
                return try scoring.load(order.version, runs: 1)
            } catch {
                throw ControlError(.loadFailed, "\(order.version.label) cannot be loaded: \(error.message)")
            }
        }
        let run = ReplayRun(order, rows: rows, instance: instance, threads: threads, seat: seat, clock: clock)
        let isClosed = underWay.withLock { underWay in
            underWay.runs.removeAll { $0.run == nil }
            underWay.runs.append(Weak(run: run))
            return underWay.isClosed
        }
        if isClosed { run.cancel() }
        return run
    }

    /// Stops all that are under way and whatever is started from now on: the server ends.
    package func close() {
        let runs = underWay.withLock { underWay in
            underWay.isClosed = true
            return underWay.runs
        }
        for weak in runs { weak.run?.cancel() }
    }

    /// Endpoints of the space whose ledgers have predictions of the model.
    func endpoints(of model: String, space: String) async -> [String] {
        await ledger.endpoints(of: model, space: space)
    }
}

/// How many replays there may be.
final class ReplaySeats: Sendable {
    private let free: Mutex<Int>
    private let all: Int

    init(_ count: Int) {
        all = max(1, count)
        free = Mutex(max(1, count))
    }

    /// Throws `unavailable` where all are taken.
    func take() throws(ControlError) -> ReplaySeat {
        let isFree = free.withLock { free in
            guard free > 0 else { return false }
            free -= 1
            return true
        }
        guard isFree else {
            throw ControlError(
                .unavailable, "\(all) replays are under way, and there may be no more at once",
                hint: "try again when one of them has ended")
        }
        return ReplaySeat(self)
    }

    fileprivate func giveBack() { free.withLock { $0 += 1 } }
}

/// The right to replay, until nobody holds it any more.
final class ReplaySeat: Sendable {
    private let seats: ReplaySeats

    fileprivate init(_ seats: ReplaySeats) { self.seats = seats }

    deinit { seats.giveBack() }
}
