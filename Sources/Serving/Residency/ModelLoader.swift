import Runtimes
import Synchronization
import Tensors

/// Loads models on threads of its own, which get the processor only when nobody else wants it: predictions come first.
final class ModelLoader: Sendable {
    typealias Completion = @Sendable (Result<LoadedModel, ModelLoadError>) -> Void

    /// Bytes of files from which on a model is large.
    private static let large = 32 << 20
    /// What nobody wants of the processors' time, so that threads that get only that get enough.
    private static let enoughIdle = 0.25
    /// Nanoseconds over which that is looked at.
    private static let look = 100_000_000

    private struct State {
        /// Loads that have a thread, and those that wait for one of them to end.
        var underWay = 0
        var line: [@Sendable () -> Void] = []
    }

    private let runtimes: [String: any ModelRuntime]
    private let artifacts: any ArtifactProvider
    private let workers: WorkerHost
    private let threads = ThreadPool(priority: .background)
    /// For large models on a machine with time to spare: they keep a processor for seconds, which others must not see.
    /// Elsewhere such a thread would hardly ever have its turn.
    private let idleThreads = ThreadPool(priority: .idle)
    private let pool: ThreadPool
    private let width: Int
    private let state = Mutex(State())

    /// - Parameters:
    ///   - pool: for loads that start a process.
    ///   - width: runs of one model at once, and loads at once.
    init(
        runtimes: [any ModelRuntime], artifacts: any ArtifactProvider, workers: WorkerHost, pool: ThreadPool,
        width: Int
    ) {
        self.runtimes = Dictionary(runtimes.map { ($0.format, $0) }, uniquingKeysWith: { first, _ in first })
        self.artifacts = artifacts
        self.workers = workers
        self.pool = pool
        self.width = max(1, width)
    }

    /// Loads and warms the model of `entry` when its turn comes.
    ///
    /// - Parameters:
    ///   - room: called on the loading thread before anything else; blocks until there is memory for it.
    ///   - then: called on the loading thread.
    func load(
        _ entry: EndpointEntry, room: @escaping @Sendable () throws(ModelLoadError) -> MemoryShare,
        then: @escaping Completion
    ) {
        enter {
            let load: @Sendable () -> Void = {
                then(self.loadNow(entry, room: room))
                self.leave()
            }
            // A process inherits the priority of the thread that starts it, and a worker serves for as long as it lives.
            let started =
                entry.isolation == .worker
                ? self.pool.run(load) : self.threads.run { self.runWhereOthersNoticeLeast(entry, load) }
            if !started {
                then(.failure(ModelLoadError(.outOfMemory, "the system gives no more threads")))
                self.leave()
            }
        }
    }

    private func runWhereOthersNoticeLeast(_ entry: EndpointEntry, _ load: @escaping @Sendable () -> Void) {
        guard MemoryEstimate.beforeLoading(entry) >= Self.large,
            let idle = ProcessorTime.idleShare(over: Self.look), idle >= Self.enoughIdle, idleThreads.run(load)
        else { return load() }
    }

    /// A load takes memory that it gives back when it is done: only so many at once.
    private func enter(_ load: @escaping @Sendable () -> Void) {
        let mayStart = state.withLock { state in
            if state.underWay < width {
                state.underWay += 1
                return true
            }
            state.line.append(load)
            return false
        }
        if mayStart { load() }
    }

    private func leave() {
        let next = state.withLock { state -> (@Sendable () -> Void)? in
            if state.line.isEmpty {
                state.underWay -= 1
                return nil
            }
            return state.line.removeFirst()
        }
        next?()
    }

    /// Blocks: waiting for memory, file reads, the runtime's own work, and the warm-up.
    private func loadNow(
        _ entry: EndpointEntry, room: @Sendable () throws(ModelLoadError) -> MemoryShare
    ) -> Result<LoadedModel, ModelLoadError> {
        do throws(ModelLoadError) {
            guard let runtime = runtimes[entry.artifact.format] else {
                throw ModelLoadError(
                    .unsupportedFormat, "no runtime here executes the format '\(entry.artifact.format)'")
            }
            let memory = try room()
            let artifact = try artifacts.locate(entry.artifact)
            let estimate = MemoryEstimate(entry)
            let key = LoadedModel.Key(entry)
            let instance = try instance(of: artifact, key: key, entry: entry, runtime: runtime)
            let model = LoadedModel(key: key, instance: instance, memory: memory)
            try model.warmUp(
                golden: try artifact.goldenRequests(entry.description), trial: entry.description.trialRun)
            memory.correct(to: estimate.afterLoading())
            return .success(model)
        } catch {
            return .failure(error)
        }
    }

    private func instance(
        of artifact: ModelArtifact, key: LoadedModel.Key, entry: EndpointEntry, runtime: any ModelRuntime
    ) throws(ModelLoadError) -> any ModelInstance {
        guard let worker = key.worker else {
            let subject = CrashSubject(entry)
            let instance = try subject.during(.load) { () throws(ModelLoadError) in
                try runtime.load(artifact, options: key.options)
            }
            return JournaledInstance(instance, subject: subject)
        }
        return try workers.load(
            artifact, signature: entry.description.signature, options: key.options,
            limits: WorkerLimits(
                memoryBytes: worker.memoryBytes, runs: worker.runs ?? width,
                runMilliseconds: worker.deadlineMilliseconds),
            place: "\(worker.space)/\(worker.endpoint)")
    }
}
