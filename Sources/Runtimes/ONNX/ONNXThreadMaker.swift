import CCrashJournal
import CONNXRuntime
import Dispatch
import Glibc
import Synchronization

/// Starts the threads that ONNX Runtime wants for a session, from a thread of ordinary priority.
///
/// A thread begins with the priority of the one that starts it, and models are loaded by threads that get the processor
/// last, from where a process without privileges cannot come back. What serves must not inherit that.
///
/// A crash of such a thread is the model's for which it was made: the journal knows it from the thread that loads it.
final class ONNXThreadMaker: Sendable {
    /// One thread that is wanted.
    private final class Order: @unchecked Sendable {
        let worker: ORTThreadWorker
        let parameter: UnsafeMutableRawPointer?
        /// What the thread that asks is busy with, for the crash journal.
        let subject: OpaquePointer?
        let done = DispatchSemaphore(value: 0)
        // Written before `done` is signalled, read after.
        var thread: pthread_t?

        init(_ worker: @escaping ORTThreadWorker, _ parameter: UnsafeMutableRawPointer?) {
            self.worker = worker
            self.parameter = parameter
            self.subject = crash_journal_current()
        }

        func carryOut() {
            let box = Unmanaged.passRetained(self)
            var thread = pthread_t()
            let code = pthread_create(
                &thread, nil,
                { argument in
                    guard let argument else { return nil }
                    let order = Unmanaged<Order>.fromOpaque(argument).takeRetainedValue()
                    SystemFunctions.nameThread("onnxruntime")
                    if let subject = order.subject {
                        // For as long as it lives: the session that it belongs to is this model's.
                        _ = crash_journal_begin(subject, CInt(CRASH_PHASE_RUN.rawValue))
                    }
                    order.worker(order.parameter)
                    return nil
                }, box.toOpaque())
            if code == 0 { self.thread = thread } else { box.release() }
            done.signal()
        }
    }

    private final class Line: Sendable {
        let orders = Mutex<[Order]>([])
        let arrived = DispatchSemaphore(value: 0)
    }

    /// Threads belong to the process. Whoever touches this first does it with the priority that they are to have.
    static let ofThisProcess = ONNXThreadMaker()

    private let line: Line
    /// False when the system gave no thread: the library's then inherit what they inherit.
    let isThere: Bool

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

    private func start(_ order: Order) -> pthread_t? {
        line.orders.withLock { $0.append(order) }
        line.arrived.signal()
        order.done.wait()
        return order.thread
    }

    /// For the library: a handle for `join`, or `nil` when the system gives no thread.
    static let create: ORTCreateThread = { _, worker, parameter in
        ofThisProcess.start(Order(worker, parameter)).flatMap { OpaquePointer(bitPattern: UInt($0)) }
    }

    /// For the library: waits for the end of a thread.
    static let join: ORTJoinThread = { handle in
        guard let handle else { return }
        pthread_join(pthread_t(UInt(bitPattern: handle)), nil)
    }
}
