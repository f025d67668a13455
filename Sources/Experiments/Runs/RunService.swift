import Foundation
package import Journal

/// Runs: beginning, ending, finding, deleting and bringing them back. What they log goes through `RunLog`.
package final class RunService: Sendable {
    /// The tag that holds a run's name too.
    static let nameTag = "mlflow.runName"

    let store: TrackingUnitOfWork
    package let log: RunLog
    private let clock: any WallClock

    package init(store: TrackingUnitOfWork, clock: any WallClock) {
        self.store = store
        self.clock = clock
        log = RunLog(store: store)
    }

    /// What begins a run.
    package struct Order: Sendable {
        package var experiment: ExperimentID
        package var name: String?
        package var user: String
        /// Milliseconds since 1970; the server's own time where the client names none.
        package var startedAt: Int?
        package var tags: [String: String]

        package init(
            experiment: ExperimentID, name: String? = nil, user: String = "", startedAt: Int? = nil,
            tags: [String: String] = [:]
        ) {
            self.experiment = experiment
            self.name = name
            self.user = user
            self.startedAt = startedAt
            self.tags = tags
        }
    }

    /// Begins a run.
    ///
    /// Errors: `invalid` (tags, a name and another name in the tag `mlflow.runName`, a deleted experiment), `notFound`.
    package func create(
        _ order: Order, space: String, principal: Principal
    ) async throws(ControlError) -> TrackedRun {
        for key in order.tags.keys.sorted() { try TrackingLimits.checkKey(key, field: "tags") }
        let tagged = order.tags[Self.nameTag]
        let given = order.name.flatMap { $0.isEmpty ? nil : $0 }
        if let given, let tagged, given != tagged {
            throw ControlError(
                .invalid,
                "'run_name' is '\(Name.excerpt(of: given))' and the tag '\(Self.nameTag)' '\(Name.excerpt(of: tagged))': "
                    + "they must be the same", field: "run_name")
        }
        let name = given ?? tagged.flatMap { $0.isEmpty ? nil : $0 } ?? RunName.random()
        var tags = order.tags.mapValues { TrackingLimits.cut($0, to: TrackingLimits.tagLength) }
        if tagged == nil { tags[Self.nameTag] = name }
        let run = RunFacts(
            id: Self.newID(), experiment: order.experiment, space: space, name: name, user: order.user,
            status: .running,
            startedAt: order.startedAt ?? clock.now / 1000, endedAt: nil, isDeleted: false)
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        let allTags = tags
        _ = try await store.commit(mutation) { transaction in
            guard let experiment = try transaction.experiment(run.experiment, space: space) else {
                throw ControlError.experimentNotFound("\(run.experiment)")
            }
            guard !experiment.isDeleted else {
                throw ControlError.notActive("experiment \(experiment.id)", "experiment_id")
            }
            try transaction.insertRun(run, by: principal)
            try transaction.setTags(allTags, ofRun: run.id)
            return Change(
                true,
                event: AuditDraft(
                    action: "tracking.begin", subject: run.id, detail: ["experiment": experiment.name, "name": name]))
        }
        return TrackedRun(info: run, tags: tags)
    }

    package func run(_ id: String, space: String) async throws(ControlError) -> TrackedRun {
        let found = try await store.read { try $0.run(id, space: space) }
        guard let found else { throw .runNotFound(id) }
        return found
    }

    package func facts(_ id: String, space: String) async throws(ControlError) -> RunFacts {
        let found = try await store.read { try $0.runFacts(id, space: space) }
        guard let found else { throw .runNotFound(id) }
        return found
    }

    package func search(
        _ query: RunQuery, offset: Int, limit: Int
    ) async throws(ControlError) -> SearchPage<TrackedRun> {
        let found = try await store.read { try $0.runs(query, offset: offset, limit: limit + 1) }
        return SearchPage(found: found, offset: offset, limit: limit)
    }

    package func history(
        of key: String, run id: String, space: String, offset: Int, limit: Int
    ) async throws(ControlError) -> SearchPage<MetricPoint> {
        let found = try await store.read { transaction in
            guard try transaction.runFacts(id, space: space) != nil else { throw ControlError.runNotFound(id) }
            return try transaction.metricHistory(key, ofRun: id, offset: offset, limit: limit + 1)
        }
        return SearchPage(found: found, offset: offset, limit: limit)
    }

    /// Says how a run stands. With its end, the audit has how much it logged.
    package func update(
        _ id: String, status: RunStatus?, endedAt: Int?, name: String?, space: String, principal: Principal
    ) async throws(ControlError) -> RunFacts {
        let name = name.map { TrackingLimits.cut($0, to: TrackingLimits.tagLength) }
        return try await change(id, space, principal) { transaction, before in
            guard !before.isDeleted else { throw ControlError.notActive("run \(id)", "run_id") }
            var run = before
            if let status { run.status = status }
            if let endedAt { run.endedAt = endedAt }
            if let name, !name.isEmpty {
                run.name = name
                try transaction.setTags([Self.nameTag: name], ofRun: id)
            }
            guard run != before else { return (run, nil) }
            try transaction.saveRun(run)
            guard run.status.isOver, !before.status.isOver else { return (run, nil) }
            let size = try transaction.runSize(id)
            return (
                run,
                AuditDraft(
                    action: "tracking.end", subject: id,
                    detail: [
                        "status": run.status.rawValue, "params": "\(size.params)", "metrics": "\(size.metrics)",
                        "artifacts": "\(size.artifacts)", "artifactBytes": "\(size.artifactBytes)",
                    ])
            )
        }
    }

    /// Deletes a run: it is kept, and can be brought back, until the time to keep it is over.
    package func delete(_ id: String, space: String, principal: Principal) async throws(ControlError) {
        _ = try await change(id, space, principal) { transaction, before in
            guard !before.isDeleted else { return (before, nil) }
            var run = before
            run.isDeleted = true
            try transaction.saveRun(run)
            return (run, AuditDraft(action: "tracking.delete", subject: id, detail: ["name": run.name]))
        }
    }

    package func restore(_ id: String, space: String, principal: Principal) async throws(ControlError) {
        _ = try await change(id, space, principal) { transaction, before in
            guard before.isDeleted else { return (before, nil) }
            var run = before
            run.isDeleted = false
            try transaction.saveRun(run)
            return (run, AuditDraft(action: "tracking.restore", subject: id, detail: ["name": run.name]))
        }
    }

    package func removeTag(
        _ key: String, of id: String, space: String, principal: Principal
    ) async throws(ControlError) {
        _ = try await change(id, space, principal) { transaction, run in
            guard !run.isDeleted else { throw ControlError.notActive("run \(id)", "run_id") }
            guard try transaction.removeTag(key, ofRun: id) else {
                throw ControlError(.notFound, "run \(id) has no tag '\(Name.excerpt(of: key))'", field: "key")
            }
            return (run, nil)
        }
    }

    private func change(
        _ id: String, _ space: String, _ principal: Principal,
        _ body: @escaping @Sendable (any TrackingTransaction, RunFacts) throws -> (RunFacts, AuditDraft?)
    ) async throws(ControlError) -> RunFacts {
        let mutation = Mutation(principal: principal, space: space, idempotency: nil)
        return try await store.commit(mutation) { transaction in
            guard let run = try transaction.runFacts(id, space: space) else { throw ControlError.runNotFound(id) }
            let (changed, event) = try body(transaction, run)
            return Change(changed, event: event)
        }.answer
    }

    /// 32 hexadecimal digits that nobody can guess.
    static func newID() -> String { UUID().uuidString.lowercased().replacing("-", with: "") }
}
