import Synchronization

/// Lets one thread ask another to stop a run. Asking is not stopping: an operator that is under way finishes first.
package final class RunHandle: Sendable {
    private struct State {
        var isTerminated = false
        var stop: (@Sendable () -> Void)?
    }

    private let state = Mutex(State())

    /// Nanoseconds of CLOCK_MONOTONIC after which nobody wants the answer; `nil` when nobody said. A run in a process of
    /// its own may go on for a while (`RunPatience`), then it is ended with its process.
    package let deadline: UInt64?

    package init(deadline: UInt64? = nil) {
        self.deadline = deadline
    }

    /// Asks the run, now or when it begins, to stop.
    package func terminate() {
        // Under the lock, so that `end` cannot return, and its caller release what `stop` refers to, in between.
        state.withLock { state in
            state.isTerminated = true
            state.stop?()
        }
    }

    /// Whether somebody asked; the run itself may still be going on.
    package var isTerminated: Bool { state.withLock { $0.isTerminated } }

    /// For a runtime, before it runs: how to stop it (short, and without a call back to this handle). False when the run should not begin at all.
    package func begin(stop: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            guard !state.isTerminated else { return false }
            state.stop = stop
            return true
        }
    }

    /// For a runtime, after it ran and before what `stop` refers to is released.
    package func end() {
        state.withLock { $0.stop = nil }
    }
}
