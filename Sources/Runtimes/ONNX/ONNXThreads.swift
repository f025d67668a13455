import CCrashJournal
import CONNXRuntime
import Glibc

/// The threads that ONNX Runtime wants for a session, started with ordinary priority whoever loads it.
///
/// A crash of such a thread is the model's for which it was made: the journal knows it from the thread that loads it.
enum ONNXThreads {
    /// One thread that is wanted.
    private final class Order: @unchecked Sendable {
        let worker: ORTThreadWorker
        let parameter: UnsafeMutableRawPointer?
        /// What the thread that asks is busy with, for the crash journal.
        let subject: OpaquePointer?
        // Written by the thread maker, read once it is done.
        var thread: pthread_t?

        init(_ worker: @escaping ORTThreadWorker, _ parameter: UnsafeMutableRawPointer?) {
            self.worker = worker
            self.parameter = parameter
            self.subject = crash_journal_current()
        }

        func carryOut() -> Bool {
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
            return code == 0
        }
    }

    /// For the library: a handle for `join`, or `nil` when the system gives no thread.
    static let create: ORTCreateThread = { _, worker, parameter in
        let order = Order(worker, parameter)
        guard ThreadMaker.ofThisProcess.start({ order.carryOut() }) else { return nil }
        return order.thread.flatMap { OpaquePointer(bitPattern: UInt($0)) }
    }

    /// For the library: waits for the end of a thread.
    static let join: ORTJoinThread = { handle in
        guard let handle else { return }
        pthread_join(pthread_t(UInt(bitPattern: handle)), nil)
    }
}
