import CWorkerMemory
import Synchronization

/// How long a run in a worker may go on before it is taken for one that never ends, and its worker is ended.
///
/// Its caller hears that it is too late at the caller's own deadline. The worker is not ended for that: whoever asks with a
/// deadline that is shorter than one operator of the model would take it away from everybody else.
final class RunPatience: Sendable {
    /// What a run may take beyond its limit: one that was asked to stop may be about to.
    private static let grace: UInt64 = 100_000_000
    /// What every run gets, unless the endpoint's own deadline is shorter. Nanoseconds.
    private static let least: UInt64 = 1_000_000_000

    /// Nanoseconds that a run gets at most beyond its caller's deadline: the endpoint's own.
    private let most: UInt64
    /// Nanoseconds of the longest run that came to an end, whether it was asked to stop or not.
    private let longest = Atomic<UInt64>(0)

    init(most: UInt64) {
        self.most = most
    }

    /// Waits for the answer to `call`, which has begun.
    ///
    /// - Parameter deadline: the caller's, in nanoseconds of CLOCK_MONOTONIC.
    func finish(_ call: WorkerCall, deadline: UInt64?) throws(RunError) -> RunAnswer {
        let begun = WorkerNanoseconds()
        do throws(RunError) {
            let answer = try call.finish(until: limit(begun: begun, deadline: deadline))
            ended(after: WorkerNanoseconds() &- begun)
            return answer
        } catch {
            if case .terminated = error { ended(after: WorkerNanoseconds() &- begun) }
            throw error
        }
    }

    /// The moment at which a run that began at `begun` is taken for one that never ends.
    func limit(begun: UInt64, deadline: UInt64?) -> UInt64 {
        var share = most
        if deadline != nil {
            let twice = longest.load(ordering: .relaxed).multipliedReportingOverflow(by: 2)
            share = min(most, max(Self.least, twice.overflow ? .max : twice.partialValue))
        }
        let (own, tooLong) = begun.addingReportingOverflow(share)
        let (limit, tooLate) = max(deadline ?? 0, tooLong ? .max : own).addingReportingOverflow(Self.grace)
        return tooLate ? .max : limit
    }

    func ended(after nanoseconds: UInt64) {
        longest.max(nanoseconds, ordering: .relaxed)
    }
}
