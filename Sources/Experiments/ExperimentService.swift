package import Journal

/// Experiments: making, finding, renaming, deleting and bringing them back.
package final class ExperimentService: Sendable {
    private let store: TrackingUnitOfWork

    package init(store: TrackingUnitOfWork) {
        self.store = store
    }

    /// Makes an experiment.
    ///
    /// - Parameter location: where a client wants artifacts to be; only the server's own place is taken, which is what
    ///   `nil` and `""` mean.
    ///
    /// Errors: `invalid` (name, tags, location), `conflict` (the name is taken, maybe by a deleted experiment), `notFound`
    /// (space).
    package func create(
        _ name: String, location: String?, tags: [String: String], space: String, principal: Principal
    ) async throws(ControlError) -> ExperimentID {
        try TrackingLimits.checkExperimentName(name)
        if let location, !location.isEmpty {
            throw ControlError(
                .invalid, "'artifact_location' is '\(Name.excerpt(of: location))': artifacts are kept by this server",
                field: "artifact_location", hint: "leave it out")
        }
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) { try Self.checkTag(key, value) }
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        return try await store.commit(mutation) { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            let id = try transaction.insertExperiment(name, tags: tags, space: space)
            return Change(id, event: AuditDraft(action: "experiment.create", subject: name, detail: ["id": "\(id)"]))
        }.answer
    }

    package func experiment(_ id: ExperimentID, space: String) async throws(ControlError) -> Experiment {
        let found = try await store.read { try $0.experiment(id, space: space) }
        guard let found else { throw .experimentNotFound("\(id)") }
        return found
    }

    package func experiment(named name: String, space: String) async throws(ControlError) -> Experiment {
        let found = try await store.read { try $0.experiment(named: name, space: space) }
        guard let found else {
            throw ControlError(
                .notFound, "there is no experiment named '\(Name.excerpt(of: name))' in this space",
                field: "experiment_name")
        }
        return found
    }

    package func search(
        _ query: ExperimentQuery, offset: Int, limit: Int
    ) async throws(ControlError) -> SearchPage<Experiment> {
        let found = try await store.read { try $0.experiments(query, offset: offset, limit: limit + 1) }
        return SearchPage(found: found, offset: offset, limit: limit)
    }

    package func rename(
        _ id: ExperimentID, to name: String, space: String, principal: Principal
    ) async throws(ControlError) {
        try TrackingLimits.checkExperimentName(name, field: "new_name")
        try await change(id, space, principal) { transaction, experiment in
            guard !experiment.isDeleted else { throw ControlError.notActive("experiment \(id)", "experiment_id") }
            guard experiment.name != name else { return nil }
            try transaction.renameExperiment(id, to: name, space: space)
            return AuditDraft(
                action: "experiment.rename", subject: name, detail: ["id": "\(id)", "before": experiment.name])
        }
    }

    /// Deletes an experiment and its runs, until somebody brings them back or the time to keep them is over.
    package func delete(_ id: ExperimentID, space: String, principal: Principal) async throws(ControlError) {
        guard id != .ofDefault else {
            throw ControlError(
                .invalid,
                "the experiment '\(Experiment.defaultName)' cannot be deleted: runs go there that name no other",
                field: "experiment_id")
        }
        try await change(id, space, principal) { transaction, experiment in
            guard !experiment.isDeleted else { throw ControlError.experimentNotFound("\(id)") }
            try transaction.setExperiment(id, deleted: true, space: space)
            return AuditDraft(action: "experiment.delete", subject: experiment.name, detail: ["id": "\(id)"])
        }
    }

    package func restore(_ id: ExperimentID, space: String, principal: Principal) async throws(ControlError) {
        try await change(id, space, principal) { transaction, experiment in
            guard experiment.isDeleted else {
                throw ControlError(
                    .notFound, "experiment \(id) is not deleted: there is nothing to restore", field: "experiment_id")
            }
            try transaction.setExperiment(id, deleted: false, space: space)
            return AuditDraft(action: "experiment.restore", subject: experiment.name, detail: ["id": "\(id)"])
        }
    }

    package func setTag(
        _ key: String, _ value: String, of id: ExperimentID, space: String, principal: Principal
    ) async throws(ControlError) {
        try Self.checkTag(key, value)
        try await change(id, space, principal) { transaction, experiment in
            guard !experiment.isDeleted else { throw ControlError.notActive("experiment \(id)", "experiment_id") }
            guard experiment.tags[key] != value else { return nil }
            try transaction.setTag(key, value, ofExperiment: id, space: space)
            return AuditDraft(
                action: "experiment.tag", subject: experiment.name, detail: ["id": "\(id)", "key": key])
        }
    }

    package func removeTag(
        _ key: String, of id: ExperimentID, space: String, principal: Principal
    ) async throws(ControlError) {
        try await change(id, space, principal) { transaction, experiment in
            guard !experiment.isDeleted else { throw ControlError.notActive("experiment \(id)", "experiment_id") }
            guard try transaction.removeTag(key, ofExperiment: id, space: space) else {
                throw ControlError(
                    .notFound, "experiment \(id) has no tag '\(Name.excerpt(of: key))'", field: "key")
            }
            return AuditDraft(
                action: "experiment.untag", subject: experiment.name, detail: ["id": "\(id)", "key": key])
        }
    }

    private static func checkTag(_ key: String, _ value: String) throws(ControlError) {
        try TrackingLimits.checkKey(key, field: "key")
        try TrackingLimits.check(value, field: "value", limit: TrackingLimits.experimentTagLength)
    }

    private func change(
        _ id: ExperimentID, _ space: String, _ principal: Principal,
        _ body: @escaping @Sendable (any TrackingTransaction, Experiment) throws -> AuditDraft?
    ) async throws(ControlError) {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            guard let experiment = try transaction.experiment(id, space: space) else {
                throw ControlError.experimentNotFound("\(id)")
            }
            return Change(true, event: try body(transaction, experiment))
        }
    }
}
