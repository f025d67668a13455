import CWorkerMemory
import Glibc
import Synchronization

/// Ends waits of event loops for a worker that go on too long.
///
/// A wait with a time limit of its own costs setting a timer and clearing it again: 20 us together on a virtual machine,
/// more than everything else that a worker costs. So event loops wait without one, and a thread looks after them every
/// millisecond, as long as there are such waits.
final class LoopWatch: Sendable {
    /// Nanoseconds that an event loop waits at least before it is told to go on, and the time between two looks.
    static let patience: UInt64 = 1_000_000
    /// Nanoseconds without any wait after which nobody looks any more.
    private static let idle: UInt64 = 10_000_000

    private struct State {
        var connections: [WorkerConnection] = []
        var hasThread = false
    }

    private let state = Mutex(State())
    private let lastWait = Atomic<UInt64>(0)
    private let isAsleep = Atomic<Bool>(false)
    private let woken = ChangeCount()

    /// From here on the waits for `connection` are looked after. False when the system gives no thread for it.
    func add(_ connection: WorkerConnection) -> Bool {
        state.withLock { state in
            if !state.hasThread {
                // It may be a thread with the lowest priority that adds the first.
                state.hasThread = ThreadMaker.ofThisProcess.start { BlockingThread.start { self.watch() } }
            }
            if state.hasThread { state.connections.append(connection) }
            return state.hasThread
        }
    }

    func remove(_ connection: WorkerConnection) {
        state.withLock { state in state.connections.removeAll { $0 === connection } }
        woken.change()
    }

    /// An event loop begins to wait.
    func begins(at now: UInt64) {
        // One of the two sees what the other has written: either the thread stays awake, or it is woken here.
        lastWait.store(now, ordering: .sequentiallyConsistent)
        if isAsleep.load(ordering: .sequentiallyConsistent) { woken.change() }
    }

    /// On a thread of its own, until there is nothing left to look after.
    private func watch() {
        var pause = timespec(tv_sec: 0, tv_nsec: Int(Self.patience))
        while true {
            nanosleep(&pause, nil)
            let connections = state.withLock { state in
                state.hasThread = !state.connections.isEmpty
                return state.connections
            }
            if connections.isEmpty { return }
            let now = WorkerNanoseconds()
            for connection in connections { connection.endWaits(begunBefore: now &- Self.patience) }
            if !hasWaits(at: now) { sleep() }
        }
    }

    private func hasWaits(at now: UInt64) -> Bool {
        let last = lastWait.load(ordering: .sequentiallyConsistent)
        return last > now || now - last < Self.idle
    }

    private func sleep() {
        let seen = woken.current
        isAsleep.store(true, ordering: .sequentiallyConsistent)
        if !hasWaits(at: WorkerNanoseconds()) { _ = woken.wait(while: seen, until: .max) }
        isAsleep.store(false, ordering: .sequentiallyConsistent)
    }
}
