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

    /// What a run may take beyond its deadline before its worker is ended: one that was asked to stop may be about to.
    private static let grace: UInt64 = 100_000_000

    init(worker: Worker, description: ModelDescription, runLimit: UInt64) {
        self.worker = worker
        self.description = description
        self.runLimit = runLimit
    }

    deinit {
        worker.stop()
    }

    func run(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> [Tensor] {
        try answer(inputs, outputs: outputs, handle: handle).outputs
    }

    func answer(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> RunAnswer {
        guard handle?.isTerminated != true else { throw .terminated }
        let limit = Self.limit(handle, runLimit)
        let call = try prepare(inputs, outputs: outputs, until: limit, for: handle)
        call.roam()
        guard let handle else {
            call.begin(stoppable: false)
            return try call.finish(until: limit)
        }
        call.begin(stoppable: true)
        defer { handle.end() }
        // Asked too late to keep it from beginning: it is asked to stop, and waited for like any other.
        if !handle.begin(stop: call.stop) { call.stop() }
        return try call.finish(until: limit)
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
        if try call.wait(watchedBy: worker.watch) { return .answered(try call.answer()) }
        return .underWay(LateRun(call: call, connection: connection, runLimit: runLimit))
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

    /// The moment at which a run that goes on is taken for one that never ends.
    static func limit(_ handle: RunHandle?, _ runLimit: UInt64) -> UInt64 {
        let deadline = handle?.deadline ?? WorkerNanoseconds().addingReportingOverflow(runLimit).partialValue
        let (limit, overflow) = deadline.addingReportingOverflow(grace)
        return overflow ? .max : limit
    }

    var health: InstanceHealth { worker.health }

    var restarts: Int { worker.restarts }
}
