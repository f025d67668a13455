import CWorkerMemory
import Synchronization
import Tensors

/// One call to a worker, from the inputs in its slot to the answer out of it.
struct WorkerCall: Sendable {
    private let lease: SlotLease
    private let outputs: [Int]
    private let answerOffset: Int

    private var connection: WorkerConnection { lease.connection }
    private var slot: WorkerSlot { lease.slot }

    /// Nanoseconds that a worker gets at least to copy outputs into an area that has room for them.
    private static let deliveryTime: UInt64 = 1_000_000_000

    /// Writes the inputs into the slot: the one copy that is made of them. `nil` when the worker is gone, and nothing has
    /// begun.
    init?(_ inputs: [Tensor], outputs: [Int], in lease: SlotLease) throws(RunError) {
        let signature = lease.connection.description.signature
        guard let form = CallForm(inputs, outputs: outputs, signature: signature) else {
            throw .invalidInput("the inputs are not those of the model, in its order")
        }
        guard try lease.connection.makeRoom(form.byteCount, in: lease.slot), let area = lease.slot.area else {
            return nil
        }
        form.write(to: area)
        self.lease = lease
        self.outputs = outputs
        self.answerOffset = form.answerOffset
    }

    func begin(stoppable: Bool) {
        slot.ask(stoppable ? .runStoppable : .run)
    }

    /// For a short run: the worker's thread comes to `processor`, where the caller is about to sleep.
    func follow(_ processor: Int32) { slot.follow(processor) }

    /// For one that is not short: it runs where there is room.
    func roam() { slot.roam() }

    /// Asks the worker to stop this run; it may not be able to.
    var stop: @Sendable () -> Void {
        let order = WorkerOrder.stop(slot: slot.index, number: slot.number)
        return { [process = connection.process] in _ = order.send(over: process.socket) }
    }

    /// Waits until `deadline`. False when there is no answer by then; throws when there will be none.
    func wait(until deadline: UInt64) throws(RunError) -> Bool {
        if connection.awaitAnswer(in: slot, until: deadline) { return true }
        if let ended = connection.ended { throw Self.gone(ended) }
        return false
    }

    /// The same for an event loop, as long as `watch` lets it wait.
    func wait(watchedBy watch: LoopWatch) throws(RunError) -> Bool {
        if connection.awaitAnswerWatched(in: slot, by: watch) { return true }
        if let ended = connection.ended { throw Self.gone(ended) }
        return false
    }

    /// Waits for the answer until `deadline`; a worker that has given none by then is ended.
    func finish(until deadline: UInt64) throws(RunError) -> RunAnswer {
        guard try wait(until: deadline) else {
            let why = "a prediction was still running after its deadline"
            connection.kill(why)
            throw Self.gone(why)
        }
        switch try content(at: answerOffset) {
        case .answered(let tensors, let nanoseconds): return RunAnswer(outputs: tensors, nanoseconds: nanoseconds)
        case .refused(let status, let message): throw refusal(status, message)
        case .noRoom(let bytes): return try delivered(bytes, until: deadline)
        }
    }

    /// The answer, once it is there, for an event loop: `nil` where it has to be waited for a second time.
    func answerAtHand() throws(RunError) -> RunAnswer? {
        switch try content(at: answerOffset) {
        case .answered(let tensors, let nanoseconds): return RunAnswer(outputs: tensors, nanoseconds: nanoseconds)
        case .refused(let status, let message): throw refusal(status, message)
        case .noRoom: return nil
        }
    }

    /// Has the worker write its outputs into an area that has room for them.
    private func delivered(_ bytes: Int, until deadline: UInt64) throws(RunError) -> RunAnswer {
        guard try connection.makeRoom(bytes, in: slot) else { throw Self.gone(connection.ended ?? "it died") }
        slot.ask(.deliver)
        guard try wait(until: max(deadline, WorkerNanoseconds() &+ Self.deliveryTime)) else {
            throw broken("its outputs do not come")
        }
        guard case .answered(let tensors, let nanoseconds) = try content(at: 0) else {
            throw broken("its outputs take more room than it said")
        }
        return RunAnswer(outputs: tensors, nanoseconds: nanoseconds)
    }

    private func content(at offset: Int) throws(RunError) -> AnswerForm.Content {
        guard let area = slot.area else { throw broken("its slot has no memory") }
        do throws(WorkerFault) {
            return try AnswerForm.read(
                from: area, at: offset, outputs: outputs, signature: connection.description.signature, owner: lease)
        } catch {
            throw broken(error.message)
        }
    }

    /// A worker that writes what is no answer has lost its senses: nothing that it says is believed any more.
    private func broken(_ what: String) -> RunError {
        let why = "what it wrote to shared memory is no answer (\(what))"
        connection.kill(why)
        return Self.gone(why)
    }

    private func refusal(_ status: AnswerForm.Status, _ message: String) -> RunError {
        switch status {
        case .invalidInput: .invalidInput(message)
        case .terminated: .terminated
        case .outOfMemory: .outOfMemory("the model asked for more memory than its worker may have: \(message)")
        default: .failed(message)
        }
    }

    static func gone(_ why: String) -> RunError {
        .lost("the worker that ran this prediction is gone (\(why)); another one takes its place")
    }
}

/// A call that an event loop began and did not wait for.
final class LateRun: UnfinishedRun {
    private let call: WorkerCall
    private let connection: WorkerConnection
    private let patience: RunPatience
    private let isFinished = Atomic<Bool>(false)

    init(call: WorkerCall, connection: WorkerConnection, patience: RunPatience) {
        self.call = call
        self.connection = connection
        self.patience = patience
        connection.late.add(1, ordering: .relaxed)
        call.roam()
    }

    deinit {
        connection.late.subtract(1, ordering: .relaxed)
        // Its slot comes back now, and the worker may still write there.
        if !isFinished.load(ordering: .acquiring) { connection.kill("a prediction was given up by everybody") }
    }

    func finish(handle: RunHandle?) throws(RunError) -> RunAnswer {
        let answer: RunAnswer
        do throws(RunError) {
            answer = try patience.finish(call, deadline: handle?.deadline)
        } catch {
            isFinished.store(true, ordering: .releasing)
            throw error
        }
        isFinished.store(true, ordering: .releasing)
        return answer
    }
}
