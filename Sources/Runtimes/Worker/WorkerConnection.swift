import CWorkerMemory
import Glibc
import Synchronization
import Tensors

/// A worker process that has loaded its model, as the server sees it: slots for calls, and its end.
final class WorkerConnection: Sendable {
    private struct State {
        var free: [WorkerSlot]
        /// Threads that wait for a slot.
        var waiting = 0
        /// Bytes of all areas.
        var shared = 0
        /// Why it is over; `nil` while it runs.
        var ended: String?
    }

    let process: WorkerProcess
    let description: ModelDescription
    private let slots: [WorkerSlot]
    private let state: Mutex<State>
    private let isOver = Atomic<Bool>(false)
    private let freed = ChangeCount()
    /// What all areas together may take.
    private let sharedLimit: Int
    /// Runs that event loops began and did not wait for; while there is one, no other loop waits at all.
    let late = Atomic<Int>(0)
    /// Whether event loops may wait for it at all: somebody looks after them.
    let isWatched = Atomic<Bool>(false)

    /// `nil` when the process reports threads or memory that are not its own.
    init?(process: WorkerProcess, description: ModelDescription, control: SharedMemory, threads: [Int32], limit: Int) {
        var slots: [WorkerSlot] = []
        for (index, thread) in threads.enumerated() {
            guard let words = SlotWords(control, slot: index), process.hasThread(thread) else { return nil }
            slots.append(WorkerSlot(index: index, words: words, thread: thread, memory: control))
        }
        guard !slots.isEmpty else { return nil }
        self.process = process
        self.description = description
        self.slots = slots
        self.state = Mutex(State(free: slots))
        self.sharedLimit = limit
    }

    /// Why it is over; `nil` while it runs.
    var ended: String? { isOver.load(ordering: .acquiring) ? state.withLock { $0.ended } : nil }

    // MARK: - Slots

    /// A free slot, at best one whose thread is bound to `processor`; `nil` when all are in use.
    func takeFree(processor: Int32) -> SlotLease? {
        let slot = state.withLock { state -> WorkerSlot? in
            guard state.ended == nil else { return nil }
            guard let index = state.free.lastIndex(where: { $0.processor == processor }) else {
                return state.free.popLast()
            }
            return state.free.remove(at: index)
        }
        return slot.map { SlotLease(connection: self, slot: $0) }
    }

    /// A slot, as soon as one is free. `nil` when the worker is over, `deadline` has passed or `isGivenUp` says so.
    func takeNext(until deadline: UInt64, isGivenUp: () -> Bool) -> SlotLease? {
        state.withLock { $0.waiting += 1 }
        defer { state.withLock { $0.waiting -= 1 } }
        while true {
            let seen = freed.current
            if let lease = takeFree(processor: -1) { return lease }
            if ended != nil || isGivenUp() { return nil }
            guard freed.wait(while: seen, until: deadline) else { return nil }
        }
    }

    /// Whoever waits for a slot looks again whether it still wants one.
    func wakeWaiting() { freed.change() }

    func giveBack(_ slot: WorkerSlot) {
        let givenUp = slot.settle()
        let isWanted = state.withLock { state in
            state.shared -= givenUp
            state.free.append(slot)
            return state.waiting > 0
        }
        if isWanted { freed.change() }
    }

    /// Gives `slot` an area of at least `byteCount` bytes, if it has none. False when the worker is gone.
    func makeRoom(_ byteCount: Int, in slot: WorkerSlot) throws(RunError) -> Bool {
        let old = slot.area?.byteCount ?? 0
        guard byteCount > old else { return true }
        var wanted = SharedLayout.firstAreaBytes
        while wanted < byteCount, wanted <= sharedLimit { wanted *= 2 }
        let size = max(byteCount, min(wanted, sharedLimit))
        guard size <= sharedLimit,
            reserve(size, insteadOf: old) || (releaseIdleAreas() && reserve(size, insteadOf: old))
        else { throw tooLarge(byteCount) }
        guard let (memory, descriptor) = SharedMemory.make(byteCount: size) else {
            state.withLock { $0.shared -= size - old }
            throw .unavailable("the system gives no memory to share with a worker: \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        let order = WorkerOrder.area(slot: slot.index, generation: slot.nextGeneration, byteCount: size)
        guard order.send(over: process.socket, descriptor: descriptor) else {
            kill("it takes no orders any more")
            return false
        }
        slot.take(memory, generation: slot.nextGeneration)
        return true
    }

    private func reserve(_ size: Int, insteadOf old: Int) -> Bool {
        state.withLock { state in
            guard state.shared - old <= sharedLimit - size else { return false }
            state.shared += size - old
            return true
        }
    }

    /// Has free slots give up what waits for their next large call. False when the worker is over.
    private func releaseIdleAreas() -> Bool {
        let idle = state.withLock { state in
            let idle = state.free.filter { $0.area != nil }
            state.free.removeAll { $0.area != nil }
            return idle
        }
        let released = idle.reduce(0) { $0 + $1.giveUpArea() }
        let isWanted = state.withLock { state -> Bool? in
            state.shared -= released
            guard state.ended == nil else { return nil }
            state.free += idle
            return state.waiting > 0
        }
        if isWanted == true { freed.change() }
        return isWanted != nil
    }

    private func tooLarge(_ byteCount: Int) -> RunError {
        let words =
            "the prediction takes \(byteCount >> 20) MiB to pass to and from its worker, which shares "
            + "\(sharedLimit >> 20) MiB at most for all predictions that run at once (workerMemoryBytes)"
        return byteCount <= sharedLimit ? .unavailable(words) : .failed(words)
    }

    // MARK: - The end

    /// Ends the process. Whoever waits for an answer gets none.
    func kill(_ why: String) {
        end(why)
        process.kill()
    }

    /// Notes that the process is gone; the first reason counts, and for that one it returns true.
    @discardableResult
    func end(_ why: String) -> Bool {
        let isFirst = state.withLock { state in
            guard state.ended == nil else { return false }
            state.ended = why
            state.free = []
            return true
        }
        guard isFirst else { return false }
        isOver.store(true, ordering: .releasing)
        for slot in slots { slot.words.wakeWaiting() }
        freed.change()
        return true
    }

    /// For an event loop: waits no longer than its watch lets it.
    func awaitAnswerWatched(in slot: WorkerSlot, by watch: LoopWatch) -> Bool {
        let now = WorkerNanoseconds()
        slot.loopWaitsSince.store(now, ordering: .releasing)
        watch.begins(at: now)
        defer { slot.loopWaitsSince.store(0, ordering: .releasing) }
        return slot.words.awaitAnswerWatched(to: slot.number, until: now &+ LoopWatch.patience) {
            isOver.load(ordering: .acquiring)
        }
    }

    /// Has event loops go on that have waited since before `moment`.
    func endWaits(begunBefore moment: UInt64) {
        for slot in slots {
            let since = slot.loopWaitsSince.load(ordering: .acquiring)
            if since > 0, since <= moment { slot.words.wakeWaiting() }
        }
    }

    /// Waits for the answer to what `slot` asked last. False when there will be none, or `deadline` has passed.
    func awaitAnswer(in slot: WorkerSlot, until deadline: UInt64) -> Bool {
        slot.words.awaitAnswer(to: slot.number, until: deadline) { isOver.load(ordering: .acquiring) }
    }
}
