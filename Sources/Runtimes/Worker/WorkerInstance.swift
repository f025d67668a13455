import CWorkerMemory
import Synchronization
import Tensors

/// A model that runs in a process of its own. What that process does to itself is nobody else's: it is replaced, and only
/// what ran in it is lost.
final class WorkerInstance: ModelInstance {
    let description: ModelDescription
    private let worker: Worker
    /// Of one run whose caller named no deadline; nanoseconds.
    private let runLimit: UInt64
    private let patience: RunPatience

    init(worker: Worker, description: ModelDescription, runLimit: UInt64) {
        self.worker = worker
        self.description = description
        self.runLimit = runLimit
        patience = RunPatience(most: runLimit)
    }

    deinit {
        worker.stop()
    }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        try answer(inputs, outputs: outputs, handle: handle).outputs
    }

    func answer(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> RunAnswer {
        guard handle?.isTerminated != true else { throw .terminated }
        let call = try prepare(inputs, outputs: outputs, until: Self.deadline(handle, runLimit), for: handle)
        call.roam()
        guard let handle else {
            call.begin(stoppable: false)
            return try patience.finish(call, deadline: nil)
        }
        call.begin(stoppable: true)
        defer { handle.end() }
        // Asked too late to keep it from beginning: it is asked to stop, and waited for like any other.
        if !handle.begin(stop: call.stop) { call.stop() }
        return try patience.finish(call, deadline: handle.deadline)
    }

    func attempt(_ inputs: [Tensor], outputs: [Int]) throws(RunError) -> RunAttempt {
        let processor = WorkerCurrentProcessor()
        guard let connection = try worker.running(), connection.isWatched.load(ordering: .acquiring),
            connection.late.load(ordering: .relaxed) == 0,
            let lease = connection.takeFree(processor: processor),
            let call = try WorkerCall(inputs, outputs: outputs, in: lease)
        else { return .busy }
        call.follow(processor)
        call.begin(stoppable: false)
        if try call.wait(watchedBy: worker.watch), let answer = try call.answerAtHand() { return .answered(answer) }
        return .underWay(LateRun(call: call, connection: connection, patience: patience))
    }

    /// A call in the worker that runs, or in the next one.
    private func prepare(
        _ inputs: [Tensor], outputs: [Int], until limit: UInt64, for handle: RunHandle?
    ) throws(RunError) -> WorkerCall {
        while true {
            let lease = try worker.lease(until: limit, for: handle)
            if let call = try WorkerCall(inputs, outputs: outputs, in: lease) { return call }
        }
    }

    /// Until when a run waits for its turn.
    private static func deadline(_ handle: RunHandle?, _ runLimit: UInt64) -> UInt64 {
        if let deadline = handle?.deadline { return deadline }
        let (sum, overflow) = WorkerNanoseconds().addingReportingOverflow(runLimit)
        return overflow ? .max : sum
    }

    var health: InstanceHealth { worker.health }

    var restarts: Int { worker.restarts }
}
