import InferenceProtocol
package import Runtimes
import Synchronization
import Tensors

/// Where a model meets inputs that it has never met: a copy of it in another process, which may crash, hang or run out of
/// memory there.
package protocol TrialHost: Sendable {
    /// A copy of the model of `entry`, gone with the instance. Blocks; the process gets the priority of the calling thread.
    func loadForTrial(
        _ entry: EndpointEntry, _ artifact: ModelArtifact
    ) throws(ModelLoadError) -> any ModelInstance
}

extension WorkerHost: TrialHost {
    package func loadForTrial(
        _ entry: EndpointEntry, _ artifact: ModelArtifact
    ) throws(ModelLoadError) -> any ModelInstance {
        try load(
            artifact, signature: entry.description.signature, options: entry.options.runtime,
            limits: WorkerLimits(
                memoryBytes: entry.options.workerMemoryBytes, runs: 1,
                runMilliseconds: Int(BatchTrial.longestRun / 1_000_000)),
            place: "\(entry.space)/\(entry.name), on trial")
    }
}

/// The runs of a `BatchingCheck`. Those of a copy whose process has ended are all refused: what ends it once is answer
/// enough.
final class BatchTrial: Sendable {
    /// Nanoseconds after which a run is taken for one that never ends. The process gets the processor last.
    static let longestRun: UInt64 = 20_000_000_000

    private let instance: any ModelInstance
    private let pool: ThreadPool
    private let ending = Mutex<String?>(nil)

    init(_ instance: any ModelInstance, pool: ThreadPool) {
        self.instance = instance
        self.pool = pool
    }

    /// How the process ended, as the end of a sentence; `nil` when it did not.
    var ended: String? { ending.withLock { $0 } }

    func run(_ request: InferenceRequest) async -> Result<PredictionResult, PredictionError> {
        await withCheckedContinuation { continuation in
            let started = pool.run { continuation.resume(returning: self.runNow(request)) }
            if !started { continuation.resume(returning: .failure(.failed("the system gives no more threads"))) }
        }
    }

    private func runNow(_ request: InferenceRequest) -> Result<PredictionResult, PredictionError> {
        if let ended { return .failure(.unavailable(ended)) }
        let begun = MonotonicClock.nanoseconds()
        do throws(RunError) {
            let answer = try instance.answer(
                request.inputs, outputs: request.outputs.map(\.index),
                handle: RunHandle(deadline: begun &+ Self.longestRun))
            let elapsed = answer.nanoseconds ?? MonotonicClock.nanoseconds() &- begun
            return .success(PredictionResult(outputs: answer.outputs, queue: 0, compute: elapsed))
        } catch {
            noteEnd(since: begun)
            return .failure(PredictionError(error))
        }
    }

    private func noteEnd(since begun: UInt64) {
        guard instance.health != .running || instance.restarts > 0 else { return }
        let tookTooLong = MonotonicClock.nanoseconds() &- begun >= Self.longestRun
        ending.withLock { ending in
            ending =
                tookTooLong
                ? "had to be ended, since a run did not come back within \(Self.longestRun / 1_000_000_000) s"
                : "died in a run"
        }
    }
}
