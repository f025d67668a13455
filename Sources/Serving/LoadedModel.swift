import InferenceProtocol
import Runtimes
import Synchronization
import Tensors

/// One loaded copy of a version, and what it costs to run. Endpoints that serve the same bytes with the same options
/// share it, unless they ask for a process of their own.
final class LoadedModel: Sendable {
    /// What tells two copies apart.
    struct Key: Sendable, Hashable {
        let digest: String
        let options: RuntimeOptions
        /// `nil` in shared isolation.
        let worker: WorkerKey?

        init(_ entry: EndpointEntry) {
            digest = entry.artifact.digest
            options = entry.options.runtime
            worker = entry.isolation == .worker ? WorkerKey(entry) : nil
        }
    }

    /// A worker belongs to one endpoint, so that no other one feels what happens to it.
    struct WorkerKey: Sendable, Hashable {
        let space: String
        let endpoint: String
        let runs: Int?
        let memoryBytes: Int?
        let deadlineMilliseconds: Int

        init(_ entry: EndpointEntry) {
            space = entry.space
            endpoint = entry.name
            runs = entry.options.instances
            memoryBytes = entry.options.workerMemoryBytes
            deadlineMilliseconds = entry.options.deadlineMilliseconds
        }
    }

    /// A run that is expected to take longer than this never happens on an event loop.
    static let inlineNanoseconds: UInt64 = 50_000
    /// A run beyond this was no thread put aside for a moment: what the model costs depends on the values that it is given.
    private static let surprise: UInt64 = 40 * inlineNanoseconds
    private static let surprisesAllowed = 16
    /// How exactly it is known when a model that runs on event loops was last used.
    private static let useResolution: UInt64 = 1_000_000

    let key: Key
    let instance: any ModelInstance
    /// Inputs that every request must give.
    let requiredInputs: Int
    /// What it takes of the memory that models may have.
    let memory: MemoryShare
    private let cost: CostEstimate
    private let clock: @Sendable () -> UInt64
    private let processorTime: ThreadProcessorTime
    /// Runs that held an event loop far longer than was expected of them.
    private let surprises = Atomic<Int>(0)
    private let shortRuns = Atomic<UInt64>(0)
    private let mayRunInline: Bool
    /// The indices of all outputs: what most requests ask for, so that they need no list of their own.
    private let allOutputs: [Int]
    /// False once a shared run gave an output that cannot be taken apart again.
    private let batchable = Atomic<Bool>(true)
    private let triedRows = Mutex<Set<Int>>([])
    /// When the last run began, or the model was made; and runs under way.
    private let lastBegun: Atomic<UInt64>
    private let running = Atomic<Int>(0)

    init(
        key: Key, instance: any ModelInstance, memory: MemoryShare, cost: CostEstimate = CostEstimate(),
        clock: @escaping @Sendable () -> UInt64 = MonotonicClock.nanoseconds,
        processorClock: @escaping @Sendable () -> UInt64 = MonotonicClock.ofThisThread
    ) {
        self.key = key
        self.instance = instance
        self.requiredInputs = instance.description.signature.inputs.count { !$0.isOptional }
        self.memory = memory
        self.cost = cost
        self.clock = clock
        self.processorTime = ThreadProcessorTime(clock: processorClock)
        self.mayRunInline = !instance.description.hasControlFlow
        self.allOutputs = Array(instance.description.signature.outputs.indices)
        self.lastBegun = Atomic(clock())
    }

    /// Nanoseconds of `MonotonicClock`.
    var lastUse: UInt64 { lastBegun.load(ordering: .relaxed) }

    var isRunning: Bool { running.load(ordering: .relaxed) > 0 }

    /// Whether a run of `request` is known to be short. Unknown counts as long: it is measured on a thread first.
    func runsInline(_ request: InferenceRequest) -> Bool {
        guard mayRunInline, surprises.load(ordering: .relaxed) < Self.surprisesAllowed,
            let expected = cost.expected(size: Self.size(of: request))
        else { return false }
        return expected <= Self.inlineNanoseconds
    }

    /// Whether there may be requests that `runsInline`.
    var runsSomeInline: Bool {
        guard mayRunInline, surprises.load(ordering: .relaxed) < Self.surprisesAllowed, let least = cost.least
        else { return false }
        return least <= Self.inlineNanoseconds
    }

    /// Nanoseconds that a run on inputs of this many bytes should take; `nil` when nothing is known of that.
    func expected(bytes: Int) -> UInt64? { cost.expected(size: bytes) }

    /// Whether it was tried before in batches of up to `rows` rows, and stood the trial.
    func isKnownToBatch(rows: Int) -> Bool { triedRows.withLock { $0.contains(rows) } }

    func knowToBatch(rows: Int) { triedRows.withLock { _ = $0.insert(rows) } }

    /// Whether requests may still share runs.
    var isBatchable: Bool { batchable.load(ordering: .relaxed) }

    /// A shared run gave an output without one row for each row that went in: from now on every request runs by itself.
    func foundUnbatchable() { batchable.store(false, ordering: .relaxed) }

    /// The bytes of all inputs: what a run costs goes by them, and not by the rows, since a row may have any length.
    static func size(of request: InferenceRequest) -> Int {
        request.inputs.reduce(0) { $0 &+ $1.storage.byteCount }
    }

    /// Runs it on this thread, which may block unless `handle` is `nil` and the model runs in this process.
    func run(_ request: InferenceRequest, handle: RunHandle?) throws(PredictionError) -> PredictionResult {
        let start = begin()
        defer { end() }
        do throws(RunError) {
            let answer = try instance.answer(request.inputs, outputs: outputs(of: request), handle: handle)
            return result(answer, of: request, since: start, onEventLoop: handle == nil)
        } catch {
            throw PredictionError(error)
        }
    }

    /// Whether a run is over when it comes back, so that nobody ever has to wait for its end elsewhere.
    var isInProcess: Bool { key.worker == nil }

    /// Runs it on an event loop, in this process, known to be short (`runsInline`).
    ///
    /// - Parameter start: the time of now, in nanoseconds of `MonotonicClock`.
    func runShort(_ request: InferenceRequest, at start: UInt64) throws(PredictionError) -> PredictionResult {
        // It is held by this run, which is over before anybody could notice: its use is noted now and then, since all
        // event loops would write the same place.
        if start &- lastUse > Self.useResolution { lastBegun.store(start, ordering: .relaxed) }
        processorTime.note(at: start)
        do throws(RunError) {
            let answer = try instance.answer(request.inputs, outputs: outputs(of: request), handle: nil)
            return result(answer, of: request, since: start, onEventLoop: true)
        } catch {
            throw PredictionError(error)
        }
    }

    /// What became of a run that an event loop asked for.
    enum Attempt {
        case answered(PredictionResult)
        case underWay(any UnfinishedRun)
        case busy
    }

    /// Runs it for an event loop, which waits no longer than a short run takes.
    func attempt(_ request: InferenceRequest) throws(PredictionError) -> Attempt {
        let start = begin()
        defer { end() }
        do throws(RunError) {
            switch try instance.attempt(request.inputs, outputs: outputs(of: request)) {
            case .answered(let answer):
                return .answered(result(answer, of: request, since: start, onEventLoop: true))
            case .underWay(let rest): return .underWay(rest)
            case .busy: return .busy
            }
        } catch {
            throw PredictionError(error)
        }
    }

    /// Waits for a run that `attempt` has begun. Blocks.
    func finish(
        _ rest: any UnfinishedRun, of request: InferenceRequest, handle: RunHandle
    ) throws(PredictionError) -> PredictionResult {
        let start = begin()
        defer { end() }
        do throws(RunError) {
            return result(try rest.finish(handle: handle), of: request, since: start, onEventLoop: false)
        } catch {
            throw PredictionError(error)
        }
    }

    private func outputs(of request: InferenceRequest) -> [Int] {
        let wanted = request.outputs
        guard wanted.count == allOutputs.count else { return wanted.map(\.index) }
        for index in wanted.indices where wanted[index].index != index { return wanted.map(\.index) }
        return allOutputs
    }

    /// Notes that a run begins now.
    private func begin() -> UInt64 {
        let now = clock()
        processorTime.note(at: now)
        lastBegun.store(now, ordering: .relaxed)
        running.wrappingAdd(1, ordering: .relaxed)
        return now
    }

    private func end() { running.wrappingSubtract(1, ordering: .relaxed) }

    private func result(
        _ answer: RunAnswer, of request: InferenceRequest, since start: UInt64, onEventLoop: Bool
    ) -> PredictionResult {
        let elapsed = clock() &- start
        // One in a worker does not hold its loop for longer than its watch lets it.
        if onEventLoop, answer.nanoseconds == nil { note(elapsed) }
        // What a run costs where it runs: the way to another process and back says nothing about the model.
        cost.record(size: Self.size(of: request), nanoseconds: answer.nanoseconds ?? elapsed)
        return PredictionResult(outputs: answer.outputs, queue: 0, compute: elapsed)
    }

    private func note(_ elapsed: UInt64) {
        if elapsed > Self.surprise {
            // On a busy machine threads are put aside in the middle of a run: that says nothing about the model.
            guard processorTime.sinceNoted() > Self.surprise else { return }
            surprises.wrappingAdd(1, ordering: .relaxed)
        } else if surprises.load(ordering: .relaxed) > 0, elapsed <= Self.inlineNanoseconds {
            forgive()
        }
    }

    /// One surprise is forgotten for each thousand short runs: a busy machine puts threads aside now and then.
    private func forgive() {
        guard shortRuns.wrappingAdd(1, ordering: .relaxed).newValue % 1000 == 0 else { return }
        surprises.wrappingSubtract(1, ordering: .relaxed)
    }

    /// Runs the version's own golden requests, or made-up inputs where it has none and the checker's trial with such came
    /// to an end: so the first caller does not pay for what a runtime does late, and the cost is known. Throws
    /// `goldenFailed` when an answer is not the expected one.
    func warmUp(golden: [GoldenRequest], trial: TrialRun?) throws(ModelLoadError) {
        // The first run pays once-only costs, which must not count towards the estimate.
        try golden.check(on: instance)
        for golden in golden { measure(golden.request) }
        guard golden.isEmpty, trial?.succeeded == true,
            let inputs = MadeUpInputs.make(for: instance.description.signature)
        else { return }
        let outputs = instance.description.signature.outputs.indices.map { RequestedOutput(index: $0) }
        let request = InferenceRequest(inputs: inputs, outputs: outputs)
        _ = try? instance.run(inputs, outputs: outputs.map(\.index), handle: nil)
        for _ in 0..<2 { measure(request) }
    }

    /// One run for the sake of its cost. The loading thread gets the processor last, so the clock on the wall tells more
    /// about others; with threads of the runtime's own, its processor time tells too little.
    private func measure(_ request: InferenceRequest) {
        let (wall, processor) = (MonotonicClock.nanoseconds(), MonotonicClock.ofThisThread())
        guard let answer = try? instance.answer(request.inputs, outputs: request.outputs.map(\.index), handle: nil)
        else { return }
        let elapsed =
            key.options.intraOpThreads > 1
            ? MonotonicClock.nanoseconds() &- wall : MonotonicClock.ofThisThread() &- processor
        cost.record(size: Self.size(of: request), nanoseconds: answer.nanoseconds ?? elapsed)
    }
}
