import InferenceProtocol
import Runtimes
import Tensors

extension DataPlane {
    /// Tries whether the model of `entry` answers rows alike alone and in company, where its requests are to share runs.
    /// Throws `notBatchable` when it does not.
    ///
    /// Rows that nobody has tried with this model are tried in a process of their own: what they do to it must not be done
    /// to the one that serves. `model` is the copy that is to serve, and is not run.
    func checkBatching(_ entry: EndpointEntry, _ model: LoadedModel) async throws(ModelLoadError) {
        guard let batching = entry.options.batching, batching.maxBatchSize > 1,
            !model.isKnownToBatch(rows: batching.maxBatchSize)
        else { return }
        let copy = try await copyForTrial(entry)
        let trial = BatchTrial(copy.instance, pool: resources.pool)
        let check = BatchingCheck(
            signature: entry.description.signature, maxRows: batching.maxBatchSize, golden: copy.golden,
            run: trial.run)
        do throws(ModelLoadError) {
            try await check.pass()
        } catch {
            throw Self.ended(trial) ?? error
        }
        if let ended = Self.ended(trial) { throw ended }
        model.knowToBatch(rows: batching.maxBatchSize)
    }

    private static func ended(_ trial: BatchTrial) -> ModelLoadError? {
        trial.ended.map {
            BatchingCheck.refusal("the process in which it was tried with rows of several kinds and numbers \($0)")
        }
    }

    /// A copy in a process of its own, and the version's own requests. Loaded like any model, by a thread that yields the
    /// processor.
    private func copyForTrial(
        _ entry: EndpointEntry
    ) async throws(ModelLoadError) -> (instance: any ModelInstance, golden: [InferenceRequest]) {
        let (artifacts, trials) = (self.artifacts, self.trials)
        let result: Result<(any ModelInstance, [InferenceRequest]), ModelLoadError> = await withCheckedContinuation {
            continuation in
            let started = trialThreads.run {
                do throws(ModelLoadError) {
                    let artifact = try artifacts.locate(entry.artifact)
                    let golden = try artifact.goldenRequests(entry.description)
                    let instance = try trials.loadForTrial(entry, artifact)
                    continuation.resume(returning: .success((instance, golden.map(\.request))))
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
}
