import Foundation

/// A few threads for work that blocks (disk, hashing), so that it never occupies a thread of the cooperative pool.
package final class BlockingThreads: Sendable {
    private let queue: OperationQueue

    /// - Parameter width: how many pieces of work may run at once.
    package init(name: String, width: Int) {
        queue = OperationQueue()
        queue.name = name
        queue.maxConcurrentOperationCount = max(1, width)
    }

    /// Runs `body` on one of the threads, after whatever came before it; what it throws is thrown here.
    package func run<Value: Sendable, Failure: Error>(
        _ body: @escaping @Sendable () throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        let result: Result<Value, Failure> = await withCheckedContinuation { continuation in
            queue.addOperation {
                do throws(Failure) {
                    continuation.resume(returning: .success(try body()))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
        }
        return try result.get()
    }

    /// For what nobody waits for.
    package func start(_ body: @escaping @Sendable () -> Void) {
        queue.addOperation(body)
    }
}
