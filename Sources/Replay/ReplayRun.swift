import InferenceProtocol
package import Journal
import Monitoring
package import NIOCore
import Registry
import Runtimes
import Serving
import Synchronization
import Tensors

/// Predictions of a ledger on their way through a version, one after the other, a stretch at a time: who asks for the next
/// stretch has room for it, and who asks no more has stopped it. The worker goes with the run.
package final class ReplayRun: Sendable {
    package enum Step: Sendable {
        /// Lines about single predictions, where the order wants them; perhaps none.
        case going(ByteBuffer)
        case finished(ByteBuffer, ReplayReport)
    }

    private struct Stop {
        var isCancelled = false
        /// The prediction under way.
        var handle: RunHandle?
    }

    /// Of one stretch: bytes of lines, and nanoseconds.
    private static let piece = 64 << 10
    private static let stretch: UInt64 = 250_000_000
    /// Nanoseconds after which one prediction is taken for one that never ends.
    private static let runLimit: UInt64 = 60_000_000_000

    private let order: ReplayOrder
    private let rows: LedgerRows?
    private let instance: any ModelInstance
    private let comparison: ShadowComparison
    private let threads: BlockingThreads
    private let clock: @Sendable () -> UInt64
    /// Nanoseconds of the clock after which it is stopped.
    private let deadline: UInt64
    private let seat: ReplaySeat
    private let tally: Mutex<ReplayTally>
    private let stop = Mutex(Stop())
    private let told = Mutex(ReplayProgress())

    init(
        _ order: ReplayOrder, rows: LedgerRows?, instance: any ModelInstance, threads: BlockingThreads,
        seat: ReplaySeat, clock: @escaping @Sendable () -> UInt64
    ) {
        self.order = order
        self.rows = rows
        self.instance = instance
        self.threads = threads
        self.seat = seat
        self.clock = clock
        comparison = ShadowComparison(
            order.tolerance, by: order.tolerances, of: order.version.description.signature)
        tally = Mutex(ReplayTally(order))
        let nanoseconds = order.seconds.map { UInt64(max(0, $0)).multipliedReportingOverflow(by: 1_000_000_000) }
        let sum = clock().addingReportingOverflow(nanoseconds?.partialValue ?? .max)
        deadline = sum.overflow || nanoseconds?.overflow == true ? .max : sum.partialValue
    }

    /// How far it is; may be asked at any time.
    package var progress: ReplayProgress { told.withLock { $0 } }

    /// Stops it, the prediction under way included: `next` throws `unavailable` from now on.
    package func cancel() {
        let handle = stop.withLock { stop in
            stop.isCancelled = true
            return stop.handle
        }
        handle?.terminate()
    }

    /// Goes on for a moment. Not to be asked again before it has answered, nor after `finished`.
    package func next() async throws(ControlError) -> Step {
        try await threads.run { () throws(ControlError) in
            let result = self.tally.withLock { tally -> Result<Step, ControlError> in
                do throws(ControlError) { return .success(try self.step(&tally)) } catch { return .failure(error) }
            }
            return try result.get()
        }
    }

    private func step(_ tally: inout ReplayTally) throws(ControlError) -> Step {
        let began = clock()
        var lines = ByteBuffer()
        while lines.readableBytes < Self.piece, clock() &- began < Self.stretch {
            try check()
            guard clock() < deadline else { return finished(lines, tally, stopped: late) }
            guard let rows else { return finished(lines, tally, stopped: nil) }
            switch try rows.next() {
            case .searching: continue
            case .end: return finished(lines, tally, stopped: nil)
            case .row(let row):
                let stopped = try replay(row, &tally, &lines)
                tell(tally)
                if let stopped { return finished(lines, tally, stopped: stopped) }
            }
        }
        return .going(lines)
    }

    private var late: String { "it was not done after \(order.seconds ?? 0) s" }

    private func check() throws(ControlError) {
        guard !stop.withLock({ $0.isCancelled }) else { throw ControlError(.unavailable, "the replay was stopped") }
    }

    private func tell(_ tally: ReplayTally) {
        let report = tally.report
        told.withLock { told in
            told.read = report.read
            told.compared = report.predictions.count
            told.apart = report.predictions.apart
        }
    }

    private func finished(_ lines: ByteBuffer, _ tally: ReplayTally, stopped: String?) -> Step {
        .finished(lines, tally.finished(damaged: rows?.damaged ?? 0, stopped: stopped))
    }

    /// Makes one prediction again. Gives why there is no sense in going on.
    private func replay(
        _ row: LedgerRow, _ tally: inout ReplayTally, _ lines: inout ByteBuffer
    ) throws(ControlError) -> String? {
        let replayed: ReplayedRequest
        do throws(ReplayedRequest.Refusal) {
            replayed = try ReplayedRequest(row, order.version.description.signature)
        } catch {
            tally.skipped(error)
            if order.tellsRows { ReplayLine.write(row, skipped: error, into: &lines) }
            return nil
        }
        let began = clock()
        do throws(RunError) {
            let answer = try run(replayed, from: began)
            let nanoseconds = answer.nanoseconds ?? clock() &- began
            let answers = comparison.compare(
                replayed.request, replayed.recorded, answer.outputs, rows: replayed.rows)
            tally.compared(row, replayed, answers, nanoseconds: nanoseconds)
            if order.tellsRows {
                ReplayLine.write(
                    row, answers, order.version.description.signature, nanoseconds: nanoseconds, into: &lines)
            }
            return nil
        } catch {
            // Asked to stop, or out of time: that says nothing of the version.
            try check()
            guard clock() < deadline else { return late }
            tally.failed(row, error.message)
            if order.tellsRows { ReplayLine.write(row, failed: error.message, into: &lines) }
            if case .suspended(let why) = instance.health { return why }
            return nil
        }
    }

    private func run(_ replayed: ReplayedRequest, from now: UInt64) throws(RunError) -> RunAnswer {
        let (limit, overflow) = now.addingReportingOverflow(Self.runLimit)
        let handle = RunHandle(deadline: min(overflow ? .max : limit, deadline))
        let isWanted = stop.withLock { stop in
            stop.handle = handle
            return !stop.isCancelled
        }
        defer { stop.withLock { $0.handle = nil } }
        guard isWanted else { throw .terminated }
        return try instance.answer(
            replayed.request.inputs, outputs: replayed.request.outputs.map(\.index), handle: handle)
    }
}
