package import InferenceProtocol
package import NIOCore
import Runtimes
import Synchronization
package import Tensors

/// How an endpoint is, for people and for readiness.
package enum EndpointState: Sendable, Hashable {
    case ready
    /// On its way into memory; requests wait for it.
    case loading
    /// Not in memory; the next request brings it there, and waits for it.
    case idle
    /// The text says why. A later request tries again.
    case failed(String)
    /// Taken out of memory by a repository unload; only a repository load brings it back.
    case unloaded
    /// Its worker ended, and the next one is loading the model; predictions wait for it.
    case restarting
    /// Its worker keeps ending and is started again after a pause; predictions are refused. The text says why.
    case suspended(String)
}

/// One endpoint as the current snapshot has it. Requests that hold one keep its model alive until they are answered.
package final class Endpoint: Sendable {
    package let entry: EndpointEntry
    package let statistics: EndpointStatistics
    /// The version as the protocols write it.
    package let versionText: String
    /// Names of the classes that the model's outputs score, where its metadata has them.
    package let labels: [String]?
    /// Kept apart from `entry`, so that a request copies no more of it than this.
    package let signature: Signature
    /// Where its model is or comes to be; `nil` after a repository unload.
    let place: ModelPlace?
    /// The name by which it takes part in an open rollout; `nil` for an endpoint as callers address it.
    package let variant: String?
    /// Chooses which of several versions answers a request; `nil` while no rollout is open.
    package let traffic: TrafficRouter?
    /// Who is told of each prediction that is over; `nil` for nobody.
    package let observer: (any PredictionObserver)?
    let failures: FailureLog?
    let residency: Residency
    private let watch: DeadlineWatch
    private let queueLimit: Int
    private let compute: EndpointCompute
    /// Whether the leading dimension of the first input is the number of rows.
    private let hasRows: Bool

    init(
        entry: EndpointEntry, place: ModelPlace?, residency: Residency, resources: ComputeResources,
        statistics: EndpointStatistics, variant: String? = nil, traffic: TrafficRouter? = nil,
        observer: (any PredictionObserver)? = nil, failures: FailureLog? = nil
    ) {
        self.entry = entry
        self.place = place
        self.variant = variant
        self.traffic = traffic
        self.observer = observer
        self.failures = failures
        self.residency = residency
        self.watch = resources.watch
        self.queueLimit = entry.options.queueLimit ?? resources.queueLimit
        self.statistics = statistics
        self.compute = EndpointCompute(options: entry.options, statistics: statistics, resources: resources)
        switch entry.description.signature.inputs.first?.shape.first {
        case .symbolic, .unknown: hasRows = true
        case .fixed, nil: hasRows = false
        }
        self.versionText = String(entry.version)
        self.signature = entry.description.signature
        self.labels = ClassLabels.read(entry.description.customMetadata)
    }

    /// How it is now: its model may have come or gone, and a worker come to harm.
    package var state: EndpointState {
        guard let place else { return .unloaded }
        switch place.condition {
        case .resident(let model):
            switch model.instance.health {
            case .running: return .ready
            case .restarting: return .restarting
            case .suspended(let why): return .suspended(why)
            }
        case .loading: return .loading
        case .absent: return .idle
        case .failed(let error): return .failed(error.message)
        }
    }

    /// How often the process that runs its model was replaced; `nil` where it has none of its own.
    package var workerRestarts: Int? { entry.isolation == .worker ? place?.model?.instance.restarts ?? 0 : nil }

    /// Whether predictions are answered rather than refused, be it after a load.
    package var isReady: Bool {
        switch state {
        case .ready, .idle: true
        // What is to stay in memory and has never been there may turn out not to load.
        case .loading: entry.options.minInstances == 0 || loads.loaded > 0
        case .failed, .unloaded, .restarting, .suspended: false
        }
    }

    /// Whether the model is in memory.
    package var isResident: Bool { place?.model != nil }

    /// Bytes that its model is estimated to take; 0 while it is not in memory.
    package var memoryBytes: Int { place?.model?.memory.bytes ?? 0 }

    /// How often its model came into memory. Endpoints that share a copy count the same loads.
    package var loads: LoadCounts { place?.loads ?? LoadCounts() }

    /// Predictions that wait for a thread, or for the model.
    package var queueDepth: Int {
        compute.queue.depth + (place?.waiting ?? 0)
    }

    /// The number of rows in `request`: its leading dimension where the model leaves that open, else one.
    package func rows(of request: InferenceRequest) -> Int {
        guard hasRows, let rows = request.inputs.first?.shape.dimensions.first else { return 1 }
        return rows
    }

    /// Makes the prediction on the event loop that calls, where that is known to take next to no time; `nil` where it has
    /// to `start`. The shortest way: nothing is made for an answer that comes later.
    ///
    /// - Parameter now: nanoseconds of `MonotonicClock`.
    package func runHere(_ request: InferenceRequest, at now: UInt64) -> ImmediateRun? {
        guard let model = place?.model else { return nil }
        return compute.runHere(request, on: model, at: now)
    }

    /// Why no prediction would be taken on now, whatever it asks; `nil` where that depends on the request, or one would be.
    /// Who asks this first need not read what is refused in any case.
    package var refusal: PredictionError? {
        // First of all, since hardly ever: nothing is touched that event loops share. A rollout counts what it chose.
        guard compute.queue.isFull, traffic == nil, variant == nil, let model = place?.model else { return nil }
        return compute.refusal(of: model)
    }

    /// Takes one prediction on. Call it on an event loop.
    ///
    /// - Parameters:
    ///   - timeout: nanoseconds that the caller still wants to wait; the endpoint's own deadline holds as well.
    ///   - mayRunHere: false when this loop has done enough for this request already (a large body).
    ///   - eventLoop: the loop that calls, on which requests that arrived together may be run as one batch.
    ///   - completion: called exactly once when the answer is `pending`, never when it is `answered`: on any thread; on
    ///     `eventLoop` itself only after this function has returned.
    package func start(
        _ request: InferenceRequest, timeout: UInt64? = nil, mayRunHere: Bool = true, eventLoop: any EventLoop,
        completion: @escaping PredictionCompletion
    ) -> PredictionStart {
        guard let place else { return .answered(.failure(.unloaded)) }
        let deadline = UInt64(max(1, entry.options.deadlineMilliseconds)) &* 1_000_000
        let allowed = min(deadline, timeout ?? deadline)
        guard let model = place.model else {
            return awaitModel(at: place, request, allowed: allowed, eventLoop: eventLoop, completion: completion)
        }
        return start(
            request, on: model, allowed: allowed, mayRunHere: mayRunHere, eventLoop: eventLoop, completion: completion)
    }

    /// As above, for a model that is in memory. `allowed`: nanoseconds to the deadline.
    func start(
        _ request: InferenceRequest, on model: LoadedModel, allowed: UInt64, mayRunHere: Bool,
        eventLoop: any EventLoop, completion: @escaping PredictionCompletion
    ) -> PredictionStart {
        compute.start(
            request, rows: rows(of: request), on: model, allowed: allowed, mayRunHere: mayRunHere,
            eventLoop: eventLoop, completion: completion)
    }

    /// Has the model brought into memory, and the prediction wait for it.
    private func awaitModel(
        at place: ModelPlace, _ request: InferenceRequest, allowed: UInt64, eventLoop: any EventLoop,
        completion: @escaping PredictionCompletion
    ) -> PredictionStart {
        let awaited = AwaitedPrediction(
            endpoint: self, request: request, allowed: allowed, watch: watch, eventLoop: eventLoop,
            completion: completion)
        switch residency.wish(place, limit: queueLimit, then: { awaited.arrived($0) }) {
        case .fulfilled(let model): awaited.arrived(.success(model))
        case .joined(let waiter), .mustLoad(let waiter): awaited.waits(as: waiter, at: place)
        case .full: return .answered(.failure(.overloaded(waiting: queueLimit)))
        case .failed(let error): return .answered(.failure(notReady(error.message)))
        }
        watch.add(awaited)
        return .pending(PredictionTicket(awaited))
    }

    func notReady(_ why: String) -> PredictionError { .notReady("endpoint '\(entry.name)' is not ready: \(why)") }
}
