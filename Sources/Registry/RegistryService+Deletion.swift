package import Journal
import Serving

extension RegistryService {
    /// Deletes a version. Asked in the space that owns the model, the version is gone altogether; asked in another one, it
    /// is no longer available there. Its number never comes back, and the history of deployments still names it.
    ///
    /// Errors: `notFound` (space, version), `conflict` (something holds it; key reused).
    package func delete(
        _ model: String, number: Int, space: String, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> VersionDeletion {
        let order = DeletionOrder(model: model, number: number, space: space)
        let mutation = Mutation(
            principal: principal, space: space,
            idempotency: try Idempotency.make(idempotencyKey, order.canonical))
        if let earlier = try await store.replay(mutation, as: VersionDeletion.self) { return earlier.answer }
        let reference = try await version(model, number: number, space: space).artifact
        // The turn is that of a push of the same bytes, which lays them out again: neither may see half of the other.
        return try await turns.take(reference.digest) { () async throws(ControlError) in
            let committed = try await self.store.commit(mutation) { try order.apply(by: principal, in: $0) }
            let artifacts = self.artifacts
            await self.threads.run { artifacts.discard(reference) }
            return committed.answer
        }
    }

    /// Forgets the laid-out files of a version that is gone, unless somebody pushes them again just now.
    func discard(_ digest: String) async throws(ControlError) {
        let reference = ArtifactReference(digest: digest, format: "", files: [])
        let artifacts = self.artifacts
        try await turns.take(digest) { () async throws(ControlError) in
            await self.threads.run { artifacts.discard(reference) }
        }
    }
}

/// A deletion, with the rules that the database decides.
struct DeletionOrder: Sendable {
    let model: String
    let number: Int
    let space: String

    /// For the hash that an idempotency key is bound to.
    var canonical: [String] { ["version.delete", space, model, String(number)] }

    /// The unit of work.
    func apply(
        by principal: Principal, in transaction: any RegistryTransaction
    ) throws -> Change<VersionDeletion> {
        guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
        guard let version = try transaction.version(model: model, number: number, space: space) else {
            throw RegistryService.notFound(model, number, space)
        }
        let isGone = version.space == space
        let holds = try transaction.holds(on: model, number: number, space: space).filter { hold in
            // Where the version only leaves this space, others may keep it.
            if case .available = hold { isGone } else { true }
        }
        guard holds.isEmpty else { throw Self.refusal(version, holds) }
        if isGone {
            try transaction.deleteVersion(model: model, number: number, by: principal)
        } else {
            try transaction.withdrawVersion(model: model, number: number, from: space)
        }
        let deletion = VersionDeletion(
            model: model, number: number, digest: version.artifact.digest, space: space, isGone: isGone)
        return Change(
            deletion,
            event: AuditDraft(
                action: isGone ? "version.delete" : "version.withdraw", subject: version.label,
                detail: ["digest": version.artifact.digest]))
    }

    private static func refusal(_ version: ModelVersion, _ holds: [VersionHold]) -> ControlError {
        // A version may be served in very many places: a few of them say enough.
        let shown = holds.prefix(5).map(\.clause) + (holds.count > 5 ? ["and \(holds.count - 5) more"] : [])
        return ControlError(
            .conflict, "\(version.label) cannot be deleted: \(shown.joined(separator: "; "))", field: "version",
            hint: holds.first?.remedy)
    }
}
