package import InferenceProtocol
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
}

/// One endpoint as the current snapshot has it. Requests that hold one keep its model alive until they are answered.
package final class Endpoint: Sendable {
    package let entry: EndpointEntry
    package let state: EndpointState
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
        self.state = state
        self.model = model
        self.statistics = statistics
        self.versionText = String(entry.version)
        self.signature = entry.description.signature
        self.labels = ClassLabels.read(entry.description.customMetadata)
    }

    /// Whether predictions are answered rather than refused.
    package var isReady: Bool { state == .ready }

    /// Jobs that wait for a thread.
    package var queueDepth: Int { model?.queue.depth ?? 0 }

    /// The number of rows in `request`: its leading dimension where the model leaves that open, else one.
    package func rows(of request: InferenceRequest) -> Int { model?.rows(of: request) ?? 1 }

    /// Whether this prediction is short enough for an event loop.
    package func runsInline(_ request: InferenceRequest) -> Bool { model?.runsInline(request) ?? false }

    /// Answers on the calling thread.
    package func predict(_ request: InferenceRequest) throws(PredictionError) -> PredictionResult {
        try readyModel().run(request, handle: nil)
    }

    /// Answers by `completion`, exactly once and on any thread. What comes back can give the prediction up; it is `nil`
    /// when `completion` has been called already.
    @discardableResult
    package func submit(_ request: InferenceRequest, completion: @escaping PredictionCompletion) -> ComputeJob? {
        let model: LoadedModel
        do throws(PredictionError) {
            model = try readyModel()
        } catch {
            completion(.failure(error))
            return nil
        }
        let job = ComputeJob(
            model: model, request: request, deadlineMilliseconds: entry.options.deadlineMilliseconds,
            completion: completion)
        model.queue.submit(job)
        return job
    }

    private func readyModel() throws(PredictionError) -> LoadedModel {
        if let model { return model }
        switch state {
        case .unloaded: throw .unloaded
        case .failed(let why): throw .notReady("endpoint '\(entry.name)' is not ready: \(why)")
        case .ready, .loading: throw .notReady("endpoint '\(entry.name)' is loading")
        }
    }
}
