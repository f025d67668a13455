import CWorkerMemory
import Synchronization
import Tensors

/// One slot, in the worker: a thread that takes what the server asks there, runs the model and writes the answer.
final class WorkerPlace: Sendable {
    private struct State {
        var area: SharedMemory?
        var generation: UInt32 = 0
        /// The run under way, where it can be stopped.
        var run: (number: UInt32, handle: RunHandle)?
        /// The run that was to be stopped last; it may not have begun yet.
        var stopped: UInt32?
        /// 0 until the thread is there.
        var thread: Int32 = 0
    }

    private let state = Mutex(State())
    private let changes = ChangeCount()
    private let instance: any ModelInstance
    private let words: SlotWords
    /// Where the words lie.
    private let control: SharedMemory

    init(instance: any ModelInstance, words: SlotWords, control: SharedMemory) {
        self.instance = instance
        self.words = words
        self.control = control
    }

    /// Starts the thread and returns its number; `nil` when the system gives none.
    func start() -> Int32? {
        guard BlockingThread.start({ self.work() }) else { return nil }
        while true {
            let seen = changes.current
            let thread = state.withLock { $0.thread }
            if thread != 0 { return thread }
            _ = changes.wait(while: seen, until: .max)
        }
    }

    func take(_ area: SharedMemory, generation: UInt32) {
        state.withLock { state in
            state.area = area
            state.generation = generation
        }
        changes.change()
    }

    func stop(_ number: UInt32) {
        let handle = state.withLock { state in
            state.stopped = number
            return state.run?.number == number ? state.run?.handle : nil
        }
        handle?.terminate()
    }

    // MARK: - The thread

    private func work() {
        state.withLock { $0.thread = WorkerCurrentThread() }
        changes.change()
        var number: UInt32 = 0
        // What the last run gave, when there was no room for it.
        var kept: RunAnswer?
        while true {
            let call = words.awaitCall(after: number)
            number = call.number
            let area = area(call.generation)
            switch call.command {
            case .run?: kept = run(in: area, handle: nil)
            case .runStoppable?: kept = runStoppable(number, in: area)
            case .deliver?:
                if let answer = kept { _ = AnswerForm.write(answer, to: area, at: 0) }
                kept = nil
            case nil: break
            }
            words.answer(number)
        }
    }

    /// The slot's area, once the one that the call is meant for is there.
    private func area(_ generation: UInt32) -> SharedMemory {
        while true {
            let seen = changes.current
            if let area = state.withLock({ $0.generation == generation ? $0.area : nil }) { return area }
            _ = changes.wait(while: seen, until: .max)
        }
    }

    private func runStoppable(_ number: UInt32, in area: SharedMemory) -> RunAnswer? {
        let handle = RunHandle()
        let isStopped = state.withLock { state in
            state.run = (number, handle)
            return state.stopped == number
        }
        if isStopped { handle.terminate() }
        defer { state.withLock { $0.run = nil } }
        return run(in: area, handle: handle)
    }

    /// Returns what there was no room for.
    private func run(in area: SharedMemory, handle: RunHandle?) -> RunAnswer? {
        let call: (inputs: [Tensor], outputs: [Int], answerOffset: Int)
        do throws(WorkerFault) {
            call = try CallForm.read(from: area, signature: instance.description.signature)
        } catch {
            AnswerForm.write(.failed, "the call cannot be read: \(error.message)", to: area, at: 0)
            return nil
        }
        do throws(RunError) {
            let start = WorkerNanoseconds()
            let outputs = try instance.run(call.inputs, outputs: call.outputs, handle: handle)
            let answer = RunAnswer(outputs: outputs, nanoseconds: WorkerNanoseconds() &- start)
            return AnswerForm.write(answer, to: area, at: call.answerOffset) ? nil : answer
        } catch {
            let (status, message) = Self.refusal(error)
            AnswerForm.write(status, message, to: area, at: call.answerOffset)
            return nil
        }
    }

    private static func refusal(_ error: RunError) -> (AnswerForm.Status, String) {
        switch error {
        case .invalidInput(let message): (.invalidInput, message)
        case .failed(let message), .unavailable(let message), .lost(let message):
            (message.hasPrefix(ONNXFailure.outOfMemory) ? .outOfMemory : .failed, message)
        case .outOfMemory(let message): (.outOfMemory, message)
        case .terminated: (.terminated, "")
        }
    }
}

/// All slots of a worker.
final class WorkerDesk: Sendable {
    private let places: [WorkerPlace]
    /// The threads of the slots, by number.
    let threads: [Int32]

    /// `nil` when there is no control memory for `slots` slots, or no threads.
    init?(slots: Int, instance: any ModelInstance, control: SharedMemory) {
        var places: [WorkerPlace] = []
        var threads: [Int32] = []
        for slot in 0..<slots {
            guard let words = SlotWords(control, slot: slot) else { return nil }
            let place = WorkerPlace(instance: instance, words: words, control: control)
            guard let thread = place.start() else { return nil }
            places.append(place)
            threads.append(thread)
        }
        self.places = places
        self.threads = threads
    }

    /// Does as the server says; an order that means nothing is passed over.
    func follow(_ order: WorkerOrder, _ descriptor: CInt) {
        switch order {
        case .area(let slot, let generation, let byteCount):
            guard let memory = SharedMemory(taking: descriptor, byteCount: byteCount), places.indices.contains(slot)
            else { return }
            places[slot].take(memory, generation: generation)
        case .stop(let slot, let number):
            if places.indices.contains(slot) { places[slot].stop(number) }
        }
    }
}
