import CWorkerMemory

/// Counts changes, so that threads can wait for the next one: read the count, look at what may have changed, then wait
/// with that count. A change in between is never missed.
final class ChangeCount: @unchecked Sendable {
    private let word: UnsafeMutablePointer<UInt32>

    init() {
        word = .allocate(capacity: 1)
        word.initialize(to: 0)
    }

    deinit {
        word.deallocate()
    }

    var current: UInt32 { WorkerWordLoad(word) }

    func change() {
        // In one step: of two threads that read before they write, one could put the count back to where a waiter saw it.
        _ = WorkerWordAdd(word, 1)
        WorkerWordWake(word)
    }

    /// Waits until the count is not `seen`. False when `deadline` (see `WorkerNanoseconds`) has passed.
    func wait(while seen: UInt32, until deadline: UInt64) -> Bool {
        while WorkerWordLoad(word) == seen {
            if !WorkerWordWait(word, seen, deadline) { return false }
        }
        return true
    }
}
