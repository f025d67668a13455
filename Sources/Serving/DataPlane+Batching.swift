import InferenceProtocol
import Runtimes
import Tensors

extension DataPlane {
    /// Tries whether `model` answers rows alike alone and in company, where `entry` wants requests to share runs. Throws
    /// `notBatchable` when it does not.
    func checkBatching(_ entry: EndpointEntry, _ model: LoadedModel) async throws(ModelLoadError) {
        guard let batching = entry.options.batching, batching.maxBatchSize > 1,
            !model.isKnownToBatch(rows: batching.maxBatchSize)
        else { return }
        let check = BatchingCheck(
            signature: model.instance.description.signature, maxRows: batching.maxBatchSize,
            golden: try await goldenRequests(entry), run: trial(of: model))
        try await check.pass()
        model.knowToBatch(rows: batching.maxBatchSize)
    }

    /// The version's own requests, read on a thread that may block.
    private func goldenRequests(_ entry: EndpointEntry) async throws(ModelLoadError) -> [InferenceRequest] {
        guard entry.description.goldenRequests != nil else { return [] }
        let artifacts = artifacts
        let result: Result<[InferenceRequest], ModelLoadError> = await withCheckedContinuation { continuation in
            let started = resources.pool.run {
                do throws(ModelLoadError) {
                    let requests = try artifacts.locate(entry.artifact).goldenRequests(entry.description)
                    continuation.resume(returning: .success(requests.map(\.request)))
                } catch {
                    continuation.resume(returning: .failure(error))
                }
            }
            if !started {
                continuation.resume(
                    returning: .failure(ModelLoadError(.outOfMemory, "the system gives no more threads")))
            }
        }
        return try result.get()
    }

    /// Runs `model` on a thread of the pool, each time for ten seconds at most: it may never have seen such inputs.
    private func trial(of model: LoadedModel) -> BatchingCheck.Run {
        let queue = ComputeQueue(
            pool: resources.pool, watch: resources.watch,
            rules: BatchPolicy.Rules(instances: 1, queueLimit: 1, maxRows: 1, maxDelay: 0))
        let statistics = EndpointStatistics()
        return { request in
            await withCheckedContinuation { continuation in
                let job = ComputeJob(
                    model: model, statistics: statistics, request: request, rows: nil, share: nil, queue: queue,
                    allowed: 10_000_000_000
                ) { continuation.resume(returning: $0) }
                if let refusal = queue.submit(job) { continuation.resume(returning: .failure(refusal)) }
            }
        }
    }
}
