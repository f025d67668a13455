import Dispatch

/// A counting semaphore for threads that may block.
final class ThreadSemaphore: Sendable {
    private let semaphore = DispatchSemaphore(value: 0)

    func wait() { semaphore.wait() }
    func signal() { semaphore.signal() }
}
