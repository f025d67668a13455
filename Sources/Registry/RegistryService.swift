package import Journal
package import Serving
import Tensors

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
    /// - Parameters:
    ///   - run: the retraining run that pushes; whether it does was asked before.
    ///   - gitRun: the run from Git that does.
    ///   - arrival: what came with it, where that was through MLflow's door. What nothing here can deploy is stored unopened.
    ///
    /// Errors: `invalid`, `notFound` (space), `conflict` (name taken by another space, key reused), `notAModel`,
    /// `checkFailed`, `digestMismatch`, `storageFull`, `unavailable`.
    package func push(
        model: String, space: String, files: [ArtifactReference.File], metrics: [String: Double] = [:],
        tags: [String: String] = [:], gitCommit: String? = nil, dataset: String? = nil, run: Int? = nil,
        gitRun: Int? = nil, arrival: VersionArrival? = nil, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> PushOutcome {
        try Name.validate(model, field: "model")
        let given = try Manifest(files)
        let manifest = try given.withoutName
        let provenance = try Provenance(
            metrics: metrics, tags: tags, gitCommit: gitCommit, dataset: dataset, run: run, gitRun: gitRun)
        let request = PushRequest(
            model: model, space: space, manifest: manifest,
            modelFile: arrival?.origin.undeployable == nil ? try ModelFormat.modelFile(among: given.files) : nil,
            provenance: provenance, arrival: arrival)
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
            digest: request.manifest.digest,
            format: request.modelFile == nil ? ModelFormat.stored : ModelFormat.onnx, files: request.manifest.files)
        do {
            let (description, request) = try await describe(reference, request)
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

    /// What the checker reads out of the model file, and the request with what that says about the client's signature.
    private func describe(
        _ reference: ArtifactReference, _ request: PushRequest
    ) async throws(ControlError) -> (ModelDescription, PushRequest) {
        guard let modelFile = request.modelFile else {
            let nothing = Signature(inputs: [], outputs: [])
            return (ModelDescription(format: ModelFormat.stored, signature: nothing), request)
        }
        let description = try await check(reference, modelFile: modelFile)
        let differences = request.arrival?.signature?.differences(from: description.signature) ?? []
        var request = request
        request.arrival?.origin.warnings += differences
        return (description, request)
    }

    private func outcome(of answer: PushAnswer, _ request: PushRequest) async throws(ControlError) -> PushOutcome {
        PushOutcome(
            version: try await version(request.model, number: answer.number, space: request.space), isNew: answer.isNew)
    }
}
