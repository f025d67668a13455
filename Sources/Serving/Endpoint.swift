package import InferenceProtocol
package import NIOCore
import Runtimes
import Synchronization
package import Tensors

/// How an endpoint is, for people and for readiness.
package enum EndpointState: Sendable, Hashable {
    case ready
    case loading
    /// The text says why.
    case failed(String)
    case unloaded
    /// Its worker ended, and the next one is loading the model; predictions wait for it.
    case restarting
    /// Its worker keeps ending and is started again after a pause; predictions are refused. The text says why.
    case suspended(String)
}

/// One endpoint as the current snapshot has it. Requests that hold one keep its model alive until they are answered.
package final class Endpoint: Sendable {
    package let entry: EndpointEntry
    private let loadState: EndpointState
    package let statistics: EndpointStatistics
    /// The version as the protocols write it.
    package let versionText: String
    /// Names of the classes that the model's outputs score, where its metadata has them.
    package let labels: [String]?
    /// Kept apart from `entry`, so that a request copies no more of it than this.
    package let signature: Signature
    let model: LoadedModel?

    init(entry: EndpointEntry, state: EndpointState, model: LoadedModel?, statistics: EndpointStatistics) {
        self.entry = entry
        self.loadState = state
        self.model = model
        self.statistics = statistics
        self.versionText = String(entry.version)
        self.signature = entry.description.signature
        self.labels = ClassLabels.read(entry.description.customMetadata)
    }

    /// How it is now: a worker may have come to harm since it was loaded.
    package var state: EndpointState {
        guard let model else { return loadState }
        return switch model.instance.health {
        case .running: loadState
        case .restarting: .restarting
        case .suspended(let why): .suspended(why)
        }
    }

    /// How often the process that runs its model was replaced; `nil` where it has none of its own.
    package var workerRestarts: Int? { entry.isolation == .worker ? model?.instance.restarts ?? 0 : nil }

    /// Whether predictions are answered rather than refused.
    package var isReady: Bool { state == .ready }

    /// Jobs that wait for a thread.
    package var queueDepth: Int { model?.queue.depth ?? 0 }

    /// The number of rows in `request`: its leading dimension where the model leaves that open, else one.
    package func rows(of request: InferenceRequest) -> Int { model?.rows(of: request) ?? 1 }

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
        let model: LoadedModel
        var unfinished: (any UnfinishedRun)?
        do throws(PredictionError) {
            model = try readyModel()
            if mayRunHere, model.runsInline(request) {
                switch try model.attempt(request) {
                case .answered(let result): return .answered(.success(result))
                case .underWay(let rest): unfinished = rest
                case .busy: break
                }
            }
        } catch {
            return .answered(.failure(error))
        }
        let deadline = UInt64(max(1, entry.options.deadlineMilliseconds)) &* 1_000_000
        let job = ComputeJob(
            model: model, request: request, allowed: min(deadline, timeout ?? deadline), unfinished: unfinished,
            completion: completion)
        let refusal = unfinished == nil ? model.queue.submit(job) : model.queue.adopt(job)
        if let refusal { return .answered(.failure(refusal)) }
        return .pending(PredictionTicket(job))
    }

    private func readyModel() throws(PredictionError) -> LoadedModel {
        if let model { return model }
        switch loadState {
        case .unloaded: throw .unloaded
        case .failed(let why): throw .notReady("endpoint '\(entry.name)' is not ready: \(why)")
        case .ready, .loading, .restarting, .suspended: throw .notReady("endpoint '\(entry.name)' is loading")
        }
    }
}
