import Deployments
import GRDB
import Journal
import Serving

extension StoredTransaction: RolloutTransaction {
    /// The words of the states that something can still happen in.
    static let openRolloutStates = RolloutLife.State.allCases.filter(\.isOpen).map { "'\($0.rawValue)'" }
        .joined(separator: ", ")

    private static let rollout = """
        SELECT o.*, d.endpoint, s.name AS space, p.document
        FROM rollout o
        JOIN deployment d ON d.id = o.deployment_id
        JOIN space s ON s.id = d.space_id
        JOIN rollout_progress p ON p.rollout_id = o.id
        """

    func rollout(_ number: Int, endpoint: String, space: String) throws -> Rollout? {
        try Row.fetchOne(
            db.cachedStatement(sql: Self.rollout + " WHERE s.name = ? AND d.endpoint = ? AND o.number = ?"),
            arguments: [space, endpoint, number]
        ).map(rollout)
    }

    func openRollout(endpoint: String, space: String) throws -> Rollout? {
        try Row.fetchOne(
            db.cachedStatement(
                sql: Self.rollout
                    + " WHERE s.name = ? AND d.endpoint = ? AND o.state IN (\(Self.openRolloutStates))"),
            arguments: [space, endpoint]
        ).map(rollout)
    }

    func lastRollout(endpoint: String, space: String) throws -> Int {
        try Int.fetchOne(
            db,
            sql: """
                SELECT max(o.number) FROM rollout o
                JOIN deployment d ON d.id = o.deployment_id
                JOIN space s ON s.id = d.space_id
                WHERE s.name = ? AND d.endpoint = ?
                """, arguments: [space, endpoint]) ?? 0
    }

    func rollouts(_ filter: RolloutFilter, before: Int?, limit: Int) throws -> [Rollout] {
        var condition = "s.name = :space AND o.id < :before"
        var arguments: StatementArguments = ["space": filter.space, "before": before ?? Int.max, "limit": limit]
        if let endpoint = filter.endpoint {
            condition += " AND d.endpoint = :endpoint"
            arguments += ["endpoint": endpoint]
        }
        if filter.onlyOpen { condition += " AND o.state IN (\(Self.openRolloutStates))" }
        return try Row.fetchAll(
            db, sql: Self.rollout + " WHERE \(condition) ORDER BY o.id DESC LIMIT :limit", arguments: arguments
        ).map(rollout)
    }

    func openRollouts() throws -> [Rollout] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: Self.rollout + " WHERE o.state IN (\(Self.openRolloutStates)) ORDER BY o.id")
        ).map(rollout)
    }

    func insert(_ rollout: Rollout) throws {
        try execute(
            """
            INSERT INTO rollout (deployment_id, number, model, spec, origin, requested_by, requested_at, state, life)
            VALUES (
                (SELECT d.id FROM deployment d JOIN space s ON s.id = d.space_id
                    WHERE s.name = :space AND d.endpoint = :endpoint),
                :number, :model, :spec, :origin, :by, :at, :state, :life)
            """,
            [
                "space": rollout.space, "endpoint": rollout.endpoint, "number": rollout.number,
                "model": rollout.model, "spec": try Self.json(rollout.spec), "origin": try Self.json(rollout.origin),
                "by": rollout.requestedBy, "at": rollout.requestedAt.microseconds,
                "state": rollout.state.rawValue, "life": try Self.json(rollout.life),
            ])
        let id = db.lastInsertedRowID
        try execute(
            "INSERT INTO rollout_progress (rollout_id, document) VALUES (?, ?)",
            [id, try Self.json(rollout.progress)])
        for number in Set([rollout.origin.version] + rollout.spec.candidates.map(\.version)) {
            try execute(
                """
                INSERT INTO rollout_version (rollout_id, version_id)
                VALUES (?, (SELECT v.id FROM version v JOIN model m ON m.id = v.model_id
                    WHERE m.name = ? AND v.number = ?))
                """, [id, rollout.model, number])
        }
        try append(rollout.steps[...], to: id)
    }

    func save(_ rollout: Rollout, from step: Int) throws {
        // What has not been observed anew is not written anew.
        try execute(
            "UPDATE rollout_progress SET document = :document WHERE rollout_id = :id AND document <> :document",
            ["document": try Self.json(rollout.progress), "id": rollout.id])
        try append(rollout.steps.dropFirst(step), to: Int64(rollout.id))
        try execute(
            "UPDATE rollout SET state = ?, life = ? WHERE id = ?",
            [rollout.state.rawValue, try Self.json(rollout.life), rollout.id])
    }

    private func append(_ steps: ArraySlice<RolloutStepRecord>, to id: Int64) throws {
        for step in steps {
            try execute(
                "INSERT INTO rollout_step (rollout_id, number, at, actor, kind, event) VALUES (?, ?, ?, ?, ?, ?)",
                [id, step.number, step.at.microseconds, step.by, step.event.word, try Self.json(step.event)])
        }
    }

    private func rollout(_ row: Row) throws -> Rollout {
        let id: Int = row["id"]
        let steps = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT number, at, actor, event FROM rollout_step WHERE rollout_id = ? ORDER BY number"),
            arguments: [id])
        return Rollout(
            id: id, number: row["number"], endpoint: row["endpoint"], space: row["space"], model: row["model"],
            spec: try Self.decode(RolloutSpec.self, row["spec"]),
            origin: try Self.decode(RolloutOrigin.self, row["origin"]), requestedBy: row["requested_by"],
            requestedAt: Timestamp(microseconds: row["requested_at"]),
            life: try Self.decode(RolloutLife.self, row["life"]),
            progress: try Self.decode(RolloutProgress.self, row["document"]),
            steps: try steps.map { step in
                RolloutStepRecord(
                    number: step["number"], at: Timestamp(microseconds: step["at"]), by: step["actor"],
                    event: try Self.decode(RolloutEvent.self, step["event"]))
            })
    }

    // MARK: - What is served

    /// The entries with how their requests are shared, where a rollout is open.
    func sharing(_ entries: [EndpointEntry]) throws -> [EndpointEntry] {
        let open = try openRollouts()
        guard !open.isEmpty else { return entries }
        let plans = Dictionary(
            open.map { ($0.space + "/" + $0.endpoint, $0) }, uniquingKeysWith: { first, _ in first })
        return try entries.map { entry in
            guard let rollout = plans[entry.space + "/" + entry.name], entry.isLoaded else { return entry }
            let candidates =
                rollout.state.routes
                ? try rollout.spec.candidates.map { candidate in
                    try self.entry(
                        endpoint: entry.name, space: entry.space, model: entry.model, number: candidate.version,
                        revision: entry.revision + 1, options: candidate.options)
                } : []
            var entry = entry
            entry.traffic = rollout.plan(for: entry, candidates)
            return entry
        }
    }
}
