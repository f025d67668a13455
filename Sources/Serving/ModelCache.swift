import Runtimes
import Synchronization
import Tensors

/// Loaded models by digest and options: each loaded once however many ask, and gone when nobody holds it any more.
final class ModelCache: Sendable {
    private struct Held {
        weak var model: LoadedModel?
    }

    private struct State {
        var models: [LoadedModel.Key: Held] = [:]
        /// Who waits for a load that is under way.
        var loading: [LoadedModel.Key: [@Sendable (Result<LoadedModel, ModelLoadError>) -> Void]] = [:]
        /// Loads that have a thread, and those that wait for one of them to end.
        var underWay = 0
        var line: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())
    private let runtimes: [String: any ModelRuntime]
    private let artifacts: any ArtifactProvider
    private let workers: WorkerHost
    private let pool: ThreadPool
    private let watch: DeadlineWatch
    private let width: Int
    private let queueLimit: Int

    init(
        runtimes: [any ModelRuntime], artifacts: any ArtifactProvider, workers: WorkerHost, pool: ThreadPool,
        watch: DeadlineWatch, width: Int, queueLimit: Int
    ) {
        self.runtimes = Dictionary(runtimes.map { ($0.format, $0) }, uniquingKeysWith: { first, _ in first })
        self.artifacts = artifacts
        self.workers = workers
        self.pool = pool
        self.watch = watch
        self.width = width
        self.queueLimit = queueLimit
    }

    /// The model of `entry`, loaded on a thread of the pool unless somebody holds it already.
    func model(for entry: EndpointEntry) async -> Result<LoadedModel, ModelLoadError> {
        let key = LoadedModel.Key(entry)
        return await withCheckedContinuation { continuation in
            request(key, entry: entry) { continuation.resume(returning: $0) }
        }
    }

    private func request(
        _ key: LoadedModel.Key, entry: EndpointEntry,
        then: @escaping @Sendable (Result<LoadedModel, ModelLoadError>) -> Void
    ) {
        enum Step {
            case held(LoadedModel)
            case join
            case load
        }
        let step = state.withLock { state -> Step in
            if let model = state.models[key]?.model { return .held(model) }
            if state.loading[key] != nil {
                state.loading[key]?.append(then)
                return .join
            }
            state.loading[key] = [then]
            return .load
        }
        switch step {
        case .held(let model): then(.success(model))
        case .join: break
        case .load:
            enter {
                let started = self.pool.run {
                    self.finish(key, self.load(key, entry: entry))
                    self.leave()
                }
                if !started {
                    self.finish(key, .failure(ModelLoadError(.outOfMemory, "the system gives no more threads")))
                    self.leave()
                }
            }
        }
    }

    /// A load takes memory that it gives back when it is done: as many at once as there are runs of one model.
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

    private func finish(_ key: LoadedModel.Key, _ result: Result<LoadedModel, ModelLoadError>) {
        let waiting = state.withLock { state in
            if case .success(let model) = result {
                state.models[key] = Held(model: model)
                state.models = state.models.filter { $0.value.model != nil }
            }
            return state.loading.removeValue(forKey: key) ?? []
        }
        for then in waiting { then(result) }
    }

    /// Blocks: file reads, the runtime's own work, and the warm-up.
    private func load(_ key: LoadedModel.Key, entry: EndpointEntry) -> Result<LoadedModel, ModelLoadError> {
        do throws(ModelLoadError) {
            guard let runtime = runtimes[entry.artifact.format] else {
                throw ModelLoadError(
                    .unsupportedFormat, "no runtime here executes the format '\(entry.artifact.format)'")
            }
            let artifact = try artifacts.locate(entry.artifact)
            let instance = try instance(of: artifact, key: key, entry: entry, runtime: runtime)
            let queue = ComputeQueue(pool: pool, watch: watch, width: width, limit: queueLimit)
            let model = LoadedModel(key: key, instance: instance, queue: queue)
            model.warmUp(trial: entry.description.trialRun)
            return .success(model)
        } catch {
            return .failure(error)
        }
    }

    private func instance(
        of artifact: ModelArtifact, key: LoadedModel.Key, entry: EndpointEntry, runtime: any ModelRuntime
    ) throws(ModelLoadError) -> any ModelInstance {
        guard let worker = key.worker else {
            let subject = CrashSubject(entry, hasThreads: key.options.intraOpThreads > 1)
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
