import CWorkerMemory
import Synchronization

/// One place for a call in a worker: its words, its area, and the worker's thread that waits there. Only whoever has taken
/// it from its connection touches it, or the connection itself while nobody has.
final class WorkerSlot: @unchecked Sendable {
    let index: Int
    let words: SlotWords
    /// The worker's thread for this slot; 0 when it is not known.
    private let thread: Int32
    /// Where the words lie.
    private let memory: SharedMemory
    private(set) var area: SharedMemory?
    private var generation: UInt32 = 0
    private(set) var number: UInt32 = 0
    /// When an event loop began to wait for this slot; 0 when none does. Others may look at it.
    let loopWaitsSince = Atomic<UInt64>(0)
    /// The processor that the thread is bound to; -1 for none.
    private(set) var processor: Int32 = -1

    /// Areas beyond this many bytes give their pages back after a call, those beyond `kept` altogether.
    private static let warm = 4 << 20
    private static let kept = 64 << 20

    init(index: Int, words: SlotWords, thread: Int32, memory: SharedMemory) {
        self.memory = memory
        self.index = index
        self.words = words
        self.thread = thread
    }

    /// Has the worker's thread run where the caller runs now. The caller is about to sleep until the answer is there, and
    /// waking a thread on another, idle processor takes longer than most short runs.
    func follow(_ processor: Int32) {
        guard processor != self.processor, thread > 0, processor >= 0 else { return }
        WorkerPlaceThread(thread, processor)
        self.processor = processor
    }

    /// Lets the thread run anywhere again.
    func roam() {
        guard processor >= 0 else { return }
        WorkerPlaceThread(thread, -1)
        processor = -1
    }

    /// Asks the worker for something new; returns the call's number.
    @discardableResult
    func ask(_ command: SlotWords.Command) -> UInt32 {
        number &+= 1
        words.ask(command, number: number, generation: generation)
        return number
    }

    /// Takes over a new area, which the worker has been sent.
    func take(_ area: SharedMemory, generation: UInt32) {
        self.area = area
        self.generation = generation
    }

    var nextGeneration: UInt32 { generation &+ 1 }

    /// After a call: what a large one needed is not kept for small ones. Returns the bytes of an area that is given up.
    func settle() -> Int {
        guard let area, area.byteCount > Self.warm else { return 0 }
        guard area.byteCount > Self.kept else {
            area.giveBack(beyond: Self.warm)
            return 0
        }
        return giveUpArea()
    }

    /// Returns the bytes of the area that it had.
    func giveUpArea() -> Int {
        guard let area else { return 0 }
        // The worker keeps its mapping until the next area comes: the pages go now.
        area.giveBack(beyond: 0)
        self.area = nil
        return area.byteCount
    }
}

/// A slot in use. It comes back when the call is over and nobody reads its answer any more: outputs that lie in its area
/// keep this.
final class SlotLease: Sendable {
    let connection: WorkerConnection
    let slot: WorkerSlot

    init(connection: WorkerConnection, slot: WorkerSlot) {
        self.connection = connection
        self.slot = slot
    }

    deinit {
        connection.giveBack(slot)
    }
}
