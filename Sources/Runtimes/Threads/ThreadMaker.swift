import Dispatch
import Synchronization

/// Starts threads from a thread of ordinary priority.
///
/// A thread begins with the priority of the one that starts it, and so does a process. Models are loaded by threads that get
/// the processor last, from where a process without privileges cannot come back. What serves must not inherit that.
package final class ThreadMaker: Sendable {
    private final class Order: @unchecked Sendable {
        let create: @Sendable () -> Bool
        let done = DispatchSemaphore(value: 0)
        // Written before `done` is signalled, read after.
        var isStarted = false

        init(_ create: @escaping @Sendable () -> Bool) { self.create = create }

        func carryOut() {
            isStarted = create()
            done.signal()
        }
    }

    private final class Line: Sendable {
        let orders = Mutex<[Order]>([])
        let arrived = DispatchSemaphore(value: 0)
    }

    /// Threads belong to the process. Whoever touches this first does it with the priority that they are to have.
    package static let ofThisProcess = ThreadMaker()

    private let line: Line
    /// False when the system gave no thread: those that are started then inherit what they inherit.
    package let isThere: Bool

    private init() {
        let line = Line()
        self.line = line
        isThere = BlockingThread.start {
            while true {
                line.arrived.wait()
                let order = line.orders.withLock { $0.isEmpty ? nil : $0.removeFirst() }
                order?.carryOut()
            }
        }
    }

    /// Has `create` start a thread; waits for it, and gives what it says: whether there is one.
    package func start(_ create: @escaping @Sendable () -> Bool) -> Bool {
        guard isThere else { return create() }
        let order = Order(create)
        line.orders.withLock { $0.append(order) }
        line.arrived.signal()
        order.done.wait()
        return order.isStarted
    }
}
