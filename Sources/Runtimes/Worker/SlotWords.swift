import CWorkerMemory

/// The words of one slot in control memory, by which the server asks and the worker answers.
///
/// Each call has a number, one more than the one before. The server writes what is to be done, then that number to
/// `asked`; the worker writes its low bits to `answered` when it is done. Whoever waits sleeps on the other's word. In the
/// high bits of `answered` the server counts how often it has woken those who wait without an answer: so an answer that is
/// there already, and not read yet, stays one.
struct SlotWords: @unchecked Sendable {
    /// What the worker is asked to do.
    enum Command: UInt32 {
        /// Run the model on what the area holds; nobody will ask it to stop.
        case run = 1
        /// The same, for a caller who may ask it to stop.
        case runStoppable = 2
        /// Write the outputs of the last run, for which there was no room, into the area that came since.
        case deliver = 3
    }

    /// The bits of `answered` that are an answer's number.
    private static let numberBits: UInt32 = 0x00ff_ffff
    /// One time that those who wait were woken.
    private static let wake: UInt32 = 0x0100_0000

    private let asked: UnsafeMutablePointer<UInt32>
    private let command: UnsafeMutablePointer<UInt32>
    private let generation: UnsafeMutablePointer<UInt32>
    private let answered: UnsafeMutablePointer<UInt32>

    /// `nil` when `control` has no such slot.
    init?(_ control: SharedMemory, slot: Int) {
        guard slot >= 0, slot < control.byteCount / SharedLayout.blockBytes else { return nil }
        let block = control.base + slot * SharedLayout.blockBytes
        func word(_ offset: Int) -> UnsafeMutablePointer<UInt32> {
            (block + offset).bindMemory(to: UInt32.self, capacity: 1)
        }
        asked = word(SharedLayout.asked)
        command = word(SharedLayout.command)
        generation = word(SharedLayout.generation)
        answered = word(SharedLayout.answered)
    }

    // MARK: - The server's side

    func ask(_ what: Command, number: UInt32, generation area: UInt32) {
        WorkerWordStore(command, what.rawValue)
        WorkerWordStore(generation, area)
        WorkerWordStore(asked, number)
        WorkerWordWake(asked)
    }

    /// Waits for the answer to `number`; false when `isOver` says that there will be none, or `deadline` has passed.
    func awaitAnswer(to number: UInt32, until deadline: UInt64, isOver: () -> Bool) -> Bool {
        while true {
            let seen = WorkerWordLoad(answered)
            if Self.isAnswer(seen, to: number) { return true }
            // After the load: whoever ends it changes the word last, and the wait below then comes back at once.
            if isOver() { return false }
            let isInTime = WorkerWordWait(answered, seen, deadline)
            // Asked of the clock too: a word that changes all the time would never let a wait run out.
            if !isInTime || WorkerNanoseconds() >= deadline { return isAnswered(number) }
        }
    }

    /// The same for an event loop, which sets no timer: whoever looks after it wakes it after `deadline`.
    func awaitAnswerWatched(to number: UInt32, until deadline: UInt64, isOver: () -> Bool) -> Bool {
        while true {
            let seen = WorkerWordLoad(answered)
            if Self.isAnswer(seen, to: number) { return true }
            if isOver() { return false }
            // The wake may have come before the load, when this thread was kept waiting for a processor: no other need come.
            if WorkerNanoseconds() >= deadline { return false }
            _ = WorkerWordWait(answered, seen, .max)
            if !isAnswered(number), WorkerNanoseconds() >= deadline { return false }
        }
    }

    /// Wakes whoever waits for an answer, without giving one; an answer that is there, or comes at this moment, stays.
    func wakeWaiting() {
        _ = WorkerWordAdd(answered, Self.wake)
        WorkerWordWake(answered)
    }

    private func isAnswered(_ number: UInt32) -> Bool { Self.isAnswer(WorkerWordLoad(answered), to: number) }

    private static func isAnswer(_ word: UInt32, to number: UInt32) -> Bool { (word ^ number) & numberBits == 0 }

    // MARK: - The worker's side

    /// Waits for the call after `number`.
    func awaitCall(after number: UInt32) -> (number: UInt32, command: Command?, generation: UInt32) {
        while true {
            let next = WorkerWordLoad(asked)
            if next != number {
                return (next, Command(rawValue: WorkerWordLoad(command)), WorkerWordLoad(generation))
            }
            _ = WorkerWordWait(asked, number, .max)
        }
    }

    func answer(_ number: UInt32) {
        WorkerWordStore(answered, number & Self.numberBits)
        WorkerWordWake(answered)
    }
}
