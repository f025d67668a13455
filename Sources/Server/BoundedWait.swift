import Synchronization

/// Waiting for somebody else's work, but not for ever.
enum BoundedWait {
    /// Returns once `task` has ended, or `limit` has passed; the task itself goes on.
    ///
    /// Not a task group: that returns with the last of its children, and one that waits for a task's value waits to the
    /// end, cancelled or not.
    ///
    /// - Returns: whether the task has ended.
    @discardableResult
    static func end(of task: Task<Void, Never>, within limit: Duration) async -> Bool {
        await withCheckedContinuation { continuation in
            let first = FirstResume(continuation)
            let timer = Task {
                // Cancelled, it comes second: that is ignored.
                try? await Task.sleep(for: limit)
                first.resume(returning: false)
            }
            Task {
                await task.value
                first.resume(returning: true)
                timer.cancel()
            }
        }
    }
}

/// Resumes a continuation with what comes first; what comes later is ignored.
final class FirstResume<Value: Sendable>: Sendable {
    private let waiting: Mutex<CheckedContinuation<Value, Never>?>

    init(_ continuation: CheckedContinuation<Value, Never>) {
        waiting = Mutex(continuation)
    }

    func resume(returning value: Value) {
        let continuation = waiting.withLock { waiting in
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(returning: value)
    }
}
