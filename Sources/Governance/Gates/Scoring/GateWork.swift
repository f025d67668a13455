import Journal
import Runtimes
import Serving
import Synchronization
import Tensors

/// One carrying out of a gate, on a thread that may block: it ends when it is done, when its task is cancelled, or when
/// its time is over.
final class GateWork: Sendable {
    private struct State {
        var isCancelled = false
        /// The run under way.
        var handle: RunHandle?
    }

    private let seconds: Int
    /// Nanoseconds of the monotonic clock.
    private let deadline: UInt64
    private let clock: @Sendable () -> UInt64
    private let state = Mutex(State())

    init(seconds: Int, clock: @escaping @Sendable () -> UInt64 = MonotonicClock.nanoseconds) {
        self.seconds = seconds
        self.clock = clock
        let (deadline, overflow) = clock().addingReportingOverflow(UInt64(max(0, seconds)) &* 1_000_000_000)
        self.deadline = overflow ? .max : deadline
    }

    /// Runs `body` on a thread of its own; cancelling the task stops it.
    func run<Value: Sendable>(
        _ body: @escaping @Sendable () throws(ControlError) -> Value
    ) async throws(ControlError) -> Value {
        let result = await withTaskCancellationHandler {
            let threads = BlockingThreads(name: "gate", width: 1)
            return await threads.run { () -> Result<Value, ControlError> in
                do throws(ControlError) { return .success(try body()) } catch { return .failure(error) }
            }
        } onCancel: {
            self.cancel()
        }
        return try result.get()
    }

    private func cancel() {
        let handle = state.withLock { state in
            state.isCancelled = true
            return state.handle
        }
        handle?.terminate()
    }

    /// Whether it may go on.
    var isWanted: Bool { !state.withLock { $0.isCancelled } && clock() < deadline }

    /// Throws `unavailable` when it may not go on.
    func check() throws(ControlError) {
        guard !state.withLock({ $0.isCancelled }) else { throw ControlError(.unavailable, "the gate was stopped") }
        guard clock() < deadline else {
            throw ControlError(
                .unavailable, "the gate was not done after \(seconds) s", field: "timeoutSeconds",
                hint: "give it more time with 'timeoutSeconds', or less to do")
        }
    }

    /// One run of `instance`, for no longer than there is time. The error names `who`.
    func answer(
        _ instance: any ModelInstance, _ inputs: [Tensor], outputs: [Int], who: String
    ) throws(ControlError) -> [Tensor] {
        try check()
        let (limit, overflow) = clock().addingReportingOverflow(UInt64(WorkerScoring.runMilliseconds) * 1_000_000)
        let handle = RunHandle(deadline: min(overflow ? .max : limit, deadline))
        state.withLock { $0.handle = handle }
        defer { state.withLock { $0.handle = nil } }
        do throws(RunError) {
            return try instance.answer(inputs, outputs: outputs, handle: handle).outputs
        } catch {
            try check()
            throw ControlError(.checkFailed, "\(who) gives no answer: \(error.message)")
        }
    }
}
