package import Journal

/// Logged models: begun, filled with artifacts, finalized.
package final class LoggedModelService: Sendable {
    private let store: TrackingUnitOfWork
    private let clock: any WallClock

    package init(store: TrackingUnitOfWork, clock: any WallClock) {
        self.store = store
        self.clock = clock
    }

    /// Begins a logged model, whose files are then stored as its artifacts.
    ///
    /// - Parameter run: the run that makes it, which must be of this space.
    package func create(
        name: String?, type: String?, experiment id: ExperimentID, run: String?, params: [String: String],
        tags: [String: String], space: String, principal: Principal
    ) async throws(ControlError) -> LoggedModel {
        if let name { try Self.checkName(name) }
        try Self.check(params: params, tags: tags)
        let now = clock.now / 1000
        let model = LoggedModel(
            id: "m-" + RunService.newID(), experiment: id, space: space,
            name: name.flatMap { $0.isEmpty ? nil : $0 } ?? RunName.random(), type: type, sourceRun: run,
            status: .pending, createdAt: now, updatedAt: now, isDeleted: false, params: params, tags: tags)
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            guard let experiment = try transaction.experiment(id, space: space) else {
                throw ControlError.experimentNotFound("\(id)")
            }
            guard !experiment.isDeleted else { throw ControlError.notActive("experiment \(id)", "experiment_id") }
            if let run, try transaction.runFacts(run, space: space) == nil { throw ControlError.runNotFound(run) }
            try transaction.insertLoggedModel(model, by: principal)
            return Change(
                true,
                event: AuditDraft(
                    action: "tracking.model", subject: model.id,
                    detail: ["experiment": experiment.name, "name": model.name, "run": run ?? ""]))
        }
        return model
    }

    /// Deleted ones too, where `deleted` says so.
    package func model(_ id: String, space: String, deleted: Bool = false) async throws(ControlError) -> LoggedModel {
        let found = try await store.read { try $0.loggedModel(id, space: space) }
        guard let found, deleted || !found.isDeleted else { throw .loggedModelNotFound(id) }
        return found
    }

    package func search(
        _ query: LoggedModelQuery, offset: Int, limit: Int
    ) async throws(ControlError) -> SearchPage<LoggedModel> {
        let found = try await store.read { try $0.loggedModels(query, offset: offset, limit: limit + 1) }
        return SearchPage(found: found, offset: offset, limit: limit)
    }

    package func finalize(
        _ id: String, as status: LoggedModelStatus, space: String, principal: Principal
    ) async throws(ControlError) -> LoggedModel {
        try await change(id, space, principal) { transaction, _ in
            try transaction.setStatus(status, ofModel: id)
            return nil
        }
        return try await model(id, space: space)
    }

    package func delete(_ id: String, space: String, principal: Principal) async throws(ControlError) {
        try await change(id, space, principal) { transaction, model in
            try transaction.deleteLoggedModel(id)
            return AuditDraft(action: "tracking.drop", subject: id, detail: ["name": model.name])
        }
    }

    /// Adds parameters; one that is there keeps its value, and another value for it is refused.
    package func log(
        params: [String: String], to id: String, space: String, principal: Principal
    ) async throws(ControlError) {
        try Self.check(params: params, tags: [:])
        try await change(id, space, principal) { transaction, model in
            for (key, value) in params {
                guard let before = model.params[key], before != value else { continue }
                throw ControlError(
                    .invalid,
                    "the parameter '\(key)' of logged model \(id) has the value '\(Name.excerpt(of: before))' already",
                    field: "params")
            }
            try transaction.insertParams(params.filter { model.params[$0.key] == nil }, ofModel: id)
            return nil
        }
    }

    package func set(
        tags: [String: String], of id: String, space: String, principal: Principal
    ) async throws(ControlError) {
        try Self.check(params: [:], tags: tags)
        try await change(id, space, principal) { transaction, _ in
            try transaction.setTags(tags, ofModel: id)
            return nil
        }
    }

    package func removeTag(
        _ key: String, of id: String, space: String, principal: Principal
    ) async throws(ControlError) {
        try await change(id, space, principal) { transaction, _ in
            guard try transaction.removeTag(key, ofModel: id) else {
                throw ControlError(
                    .notFound, "logged model \(id) has no tag '\(Name.excerpt(of: key))'", field: "tag_key")
            }
            return nil
        }
    }

    /// What stands in `models:/` addresses, paths and filters cannot be part of a name.
    private static func checkName(_ name: String) throws(ControlError) {
        try TrackingLimits.check(name, field: "name", limit: TrackingLimits.experimentNameLength)
        guard !name.unicodeScalars.contains(where: { "/:.%\"'".unicodeScalars.contains($0) || $0.value < 0x20 }) else {
            throw ControlError(
                .invalid, "'name' is '\(Name.excerpt(of: name))': it must not have any of / : . % \" ' in it",
                field: "name")
        }
    }

    private static func check(params: [String: String], tags: [String: String]) throws(ControlError) {
        for (key, value) in params.sorted(by: { $0.key < $1.key }) {
            try TrackingLimits.checkKey(key, field: "params")
            try TrackingLimits.check(value, field: "params", limit: TrackingLimits.paramLength)
        }
        for (key, value) in tags.sorted(by: { $0.key < $1.key }) {
            try TrackingLimits.checkKey(key, field: "tags")
            try TrackingLimits.check(value, field: "tags", limit: TrackingLimits.tagLength)
        }
    }

    private func change(
        _ id: String, _ space: String, _ principal: Principal,
        _ body: @escaping @Sendable (any TrackingTransaction, LoggedModel) throws -> AuditDraft?
    ) async throws(ControlError) {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            guard let model = try transaction.loggedModelAlone(id, space: space), !model.isDeleted else {
                throw ControlError.loggedModelNotFound(id)
            }
            return Change(true, event: try body(transaction, model))
        }
    }
}
