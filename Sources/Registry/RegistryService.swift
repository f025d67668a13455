package import Journal
package import Serving

/// Models and their immutable versions.
package final class RegistryService: Sendable {
    let store: RegistryUnitOfWork
    let artifacts: any ArtifactStore
    let checker: any ModelChecking
    /// Two pushes of the same bytes take turns, so that the second finds the first one's version instead of checking again.
    let turns = Turns()
    let threads = BlockingThreads(name: "slipway.registry", width: 2)

    package init(store: RegistryUnitOfWork, artifacts: any ArtifactStore, checker: any ModelChecking) {
        self.store = store
        self.artifacts = artifacts
        self.checker = checker
    }

    /// Makes version n+1 of `model` out of files whose bytes the space holds, once the checker has loaded it; or finds the
    /// version that has the same bytes.
    ///
    /// - Parameter run: the retraining run that pushes; whether it does was asked before.
    ///
    /// Errors: `invalid`, `notFound` (space), `conflict` (name taken by another space, key reused), `notAModel`,
    /// `checkFailed`, `digestMismatch`, `storageFull`, `unavailable`.
    package func push(
        model: String, space: String, files: [ArtifactReference.File], metrics: [String: Double] = [:],
        tags: [String: String] = [:], gitCommit: String? = nil, dataset: String? = nil, run: Int? = nil,
        principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> PushOutcome {
        try Name.validate(model, field: "model")
        let given = try Manifest(files)
        let manifest = try given.withoutName
        let provenance = try Provenance(
            metrics: metrics, tags: tags, gitCommit: gitCommit, dataset: dataset, run: run)
        let request = PushRequest(
            model: model, space: space, manifest: manifest, modelFile: try ModelFormat.modelFile(among: given.files),
            provenance: provenance)
        let mutation = Mutation(
            principal: principal, space: space,
            idempotency: try Idempotency.make(idempotencyKey, request.canonical))
        return try await turns.take(manifest.digest) { () async throws(ControlError) in
            try await self.push(request, mutation)
        }
    }

    private func push(_ request: PushRequest, _ mutation: Mutation) async throws(ControlError) -> PushOutcome {
        if let earlier = try await store.replay(mutation, as: PushAnswer.self) {
            return try await outcome(of: earlier.answer, request)
        }
        if let known = try await store.read({ try request.admit($0) }) {
            let committed = try await store.commit(mutation) { _ in Change(known, event: nil) }
            return try await outcome(of: committed.answer, request)
        }
        let reference = ArtifactReference(
            digest: request.manifest.digest, format: ModelFormat.onnx, files: request.manifest.files)
        do {
            let description = try await check(reference, modelFile: request.modelFile)
            let committed = try await store.commit(mutation) { transaction in
                try request.insert(reference, description, principal: mutation.principal, into: transaction)
            }
            return try await outcome(of: committed.answer, request)
        } catch {
            let artifacts = self.artifacts
            await threads.run { artifacts.discard(reference) }
            throw error
        }
    }

    private func outcome(of answer: PushAnswer, _ request: PushRequest) async throws(ControlError) -> PushOutcome {
        PushOutcome(
            version: try await version(request.model, number: answer.number, space: request.space), isNew: answer.isNew)
    }
}
