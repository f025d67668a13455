package import Tensors

/// What one run gave.
package struct RunAnswer: Sendable {
    /// One for each output that was asked for, in that order.
    package var outputs: [Tensor]
    /// Nanoseconds that the model itself took, where it ran in another process and the way there is no part of its cost;
    /// `nil` where the caller's own clock says it.
    package var nanoseconds: UInt64?

    package init(outputs: [Tensor], nanoseconds: UInt64? = nil) {
        self.outputs = outputs
        self.nanoseconds = nanoseconds
    }
}

/// What became of a run whose caller must not wait: an event loop.
package enum RunAttempt: Sendable {
    case answered(RunAnswer)
    /// It takes longer than such a caller may wait: a thread that may block has to finish it.
    case underWay(any UnfinishedRun)
    /// Not begun, since nobody can take it at once; a thread that may block can `run` it.
    case busy
}

/// A run that has begun and whose answer nobody waits for yet. Whoever gets it sees to it that it is finished.
package protocol UnfinishedRun: Sendable {
    /// Waits for the end of the run. Blocks. Called once.
    func finish(handle: RunHandle?) throws(RunError) -> RunAnswer
}

/// Whether an instance that was loaded can answer now.
package enum InstanceHealth: Sendable, Hashable {
    case running
    /// The process that ran it is gone, and the next one is loading the model. Runs wait for it.
    case restarting
    /// That happened too often in a row: none is started for a while, and runs are refused. The text says why.
    case suspended(String)
}

/// What holds for an instance in this process: a run is over when it comes back, and it is there as long as we are.
extension ModelInstance {
    package func answer(_ inputs: [Tensor], outputs: [Int], handle: RunHandle?) throws(RunError) -> RunAnswer {
        RunAnswer(outputs: try run(inputs, outputs: outputs, handle: handle))
    }

    package func attempt(_ inputs: [Tensor], outputs: [Int]) throws(RunError) -> RunAttempt {
        .answered(RunAnswer(outputs: try run(inputs, outputs: outputs, handle: nil)))
    }

    package var health: InstanceHealth { .running }

    package var restarts: Int { 0 }
}
