import Experiments
import GRDB
import Journal

extension StoredTransaction: TrackingTransaction {
    private static let factsColumns = """
        SELECT r.id AS row, r.run_id, r.name, r.user, r.status, r.started_at, r.ended_at, r.deleted_at,
            e.id AS experiment, e.is_default, s.name AS space
        FROM tracked_run r JOIN experiment e ON e.id = r.experiment_id JOIN space s ON s.id = e.space_id
        """

    func runFacts(_ id: String, space: String) throws -> RunFacts? {
        try Row.fetchOne(
            db.cachedStatement(sql: Self.factsColumns + " WHERE r.run_id = ? AND s.name = ?"), arguments: [id, space]
        ).map(Self.facts)
    }

    /// The row of a run that was found in its space before.
    func runRow(_ id: String) throws -> Int64 {
        let row = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM tracked_run WHERE run_id = ?"), arguments: [id])
        guard let row else { throw ControlError.runNotFound(id) }
        return row
    }

    func run(_ id: String, space: String) throws -> TrackedRun? {
        guard let facts = try runFacts(id, space: space) else { return nil }
        return try whole(facts, row: runRow(id))
    }

    func insertRun(_ run: RunFacts, by principal: Principal) throws {
        guard let experiment = try experimentRow(run.experiment, space: run.space) else {
            throw ControlError.experimentNotFound("\(run.experiment)")
        }
        try execute(
            """
            INSERT INTO tracked_run (run_id, experiment_id, name, user, status, started_at, ended_at, created_by)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run.id, experiment, run.name, run.user, run.status.rawValue, run.startedAt, run.endedAt, principal.id,
            ])
    }

    func saveRun(_ run: RunFacts) throws {
        try execute(
            """
            UPDATE tracked_run SET name = ?, status = ?, ended_at = ?,
                deleted_at = CASE WHEN ? THEN coalesce(deleted_at, ?) END
            WHERE run_id = ?
            """, [run.name, run.status.rawValue, run.endedAt, run.isDeleted, nowMilliseconds, run.id])
    }

    func runSize(_ id: String) throws -> RunSize {
        let row = try runRow(id)
        func count(_ what: String) throws -> Int {
            try Int.fetchOne(db, sql: "SELECT \(what) WHERE run = ?", arguments: [row]) ?? 0
        }
        return RunSize(
            params: try count("count(*) FROM run_param"), metrics: try count("count(*) FROM run_metric"),
            artifacts: try count("count(*) FROM artifact"),
            artifactBytes: try count("coalesce(sum(size), 0) FROM artifact"))
    }

    // MARK: what runs log

    func params(_ keys: Set<String>, ofRun id: String) throws -> [String: String] {
        let row = try runRow(id)
        let statement = try db.cachedStatement(sql: "SELECT value FROM run_param WHERE run = ? AND key = ?")
        var found: [String: String] = [:]
        for key in keys { found[key] = try String.fetchOne(statement, arguments: [row, key]) }
        return found
    }

    func insertParams(_ params: [String: String], ofRun id: String) throws {
        let row = try runRow(id)
        for (key, value) in params {
            try execute("INSERT INTO run_param (run, key, value) VALUES (?, ?, ?)", [row, key, value])
        }
    }

    func setTags(_ tags: [String: String], ofRun id: String) throws {
        let row = try runRow(id)
        for (key, value) in tags {
            try execute(
                """
                INSERT INTO run_tag (run, key, value) VALUES (?, ?, ?)
                ON CONFLICT (run, key) DO UPDATE SET value = excluded.value
                """, [row, key, value])
        }
    }

    func tag(_ key: String, ofRun id: String) throws -> String? {
        try String.fetchOne(
            db.cachedStatement(sql: "SELECT value FROM run_tag WHERE run = ? AND key = ?"),
            arguments: [try runRow(id), key])
    }

    func removeTag(_ key: String, ofRun id: String) throws -> Bool {
        try execute("DELETE FROM run_tag WHERE run = ? AND key = ?", [try runRow(id), key])
        return db.changesCount > 0
    }

    func insertMetrics(_ points: [MetricPoint], ofRun id: String) throws {
        let row = try runRow(id)
        for point in points {
            let (value, isNaN) = (point.value.isNaN ? 0 : point.value, point.value.isNaN)
            try execute(
                """
                INSERT OR IGNORE INTO run_metric (run, key, timestamp, step, value, is_nan) VALUES (?, ?, ?, ?, ?, ?)
                """, [row, point.key, point.timestamp, point.step, value, isNaN])
            try execute(
                """
                INSERT INTO run_metric_latest (run, key, timestamp, step, value, is_nan) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (run, key) DO UPDATE SET timestamp = excluded.timestamp, step = excluded.step,
                    value = excluded.value, is_nan = excluded.is_nan
                WHERE (excluded.step, excluded.timestamp, excluded.value) > (step, timestamp, value)
                """, [row, point.key, point.timestamp, point.step, value, isNaN])
            if let model = point.model { try insert(point, ofModel: model, value, isNaN, run: id) }
        }
    }

    func metricHistory(_ key: String, ofRun id: String, offset: Int, limit: Int) throws -> [MetricPoint] {
        try Row.fetchAll(
            db.cachedStatement(
                sql: """
                    SELECT key, timestamp, step, value, is_nan FROM run_metric WHERE run = ? AND key = ?
                    ORDER BY timestamp, step, value, is_nan LIMIT ? OFFSET ?
                    """), arguments: [try runRow(id), key, limit, offset]
        ).map(Self.point)
    }

    func insertDataSets(_ inputs: [DataSetInput], ofRun id: String) throws {
        let row = try runRow(id)
        for input in inputs {
            try execute(
                """
                INSERT OR IGNORE INTO run_data_set (run, name, digest, context, document) VALUES (?, ?, ?, ?, ?)
                """, [row, input.name, input.digest, input.tags["mlflow.data.context"], try Self.json(input)])
        }
    }

    func insertModelInputs(_ models: [String], ofRun id: String) throws {
        let row = try runRow(id)
        for model in models {
            try execute(
                "INSERT OR IGNORE INTO run_model (run, model, is_output, step) VALUES (?, ?, 0, 0)", [row, model])
        }
    }

    func insertModelOutputs(_ models: [ModelOutput], ofRun id: String) throws {
        let row = try runRow(id)
        for output in models {
            try execute(
                "INSERT OR IGNORE INTO run_model (run, model, is_output, step) VALUES (?, ?, 1, ?)",
                [row, output.model, output.step])
        }
    }
}

/// Rows as values.
extension StoredTransaction {
    static func facts(_ row: Row) throws -> RunFacts {
        let word: String = row["status"]
        guard let status = RunStatus(rawValue: word) else {
            throw ControlError(.internalFailure, "a run has the unknown status '\(word)'")
        }
        return RunFacts(
            id: row["run_id"], experiment: row["is_default"] ? .ofDefault : ExperimentID(row["experiment"]),
            space: row["space"], name: row["name"], user: row["user"], status: status, startedAt: row["started_at"],
            endedAt: row["ended_at"], isDeleted: (row["deleted_at"] as Int?) != nil)
    }

    static func point(_ row: Row) -> MetricPoint {
        let isNaN: Bool = row["is_nan"]
        return MetricPoint(
            key: row["key"], value: isNaN ? .nan : row["value"], timestamp: row["timestamp"], step: row["step"])
    }

    /// Facts with their rows, so that what belongs to them is found.
    func runRows(where condition: String, _ arguments: StatementArguments) throws -> [(row: Int64, facts: RunFacts)] {
        try Row.fetchAll(db, sql: Self.factsColumns + " WHERE " + condition, arguments: arguments).map {
            ($0["row"], try Self.facts($0))
        }
    }

    /// A run with all that it has logged.
    func whole(_ facts: RunFacts, row: Int64) throws -> TrackedRun {
        func rows(_ sql: String) throws -> [Row] {
            try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [row])
        }
        var run = TrackedRun(info: facts)
        run.params = Self.pairs(try rows("SELECT key, value FROM run_param WHERE run = ?"))
        run.tags = Self.pairs(try rows("SELECT key, value FROM run_tag WHERE run = ?"))
        run.metrics = try rows(
            "SELECT key, timestamp, step, value, is_nan FROM run_metric_latest WHERE run = ? ORDER BY key"
        ).map(Self.point)
        run.dataSets = try rows("SELECT document FROM run_data_set WHERE run = ? ORDER BY id").map {
            try Self.decode(DataSetInput.self, $0["document"])
        }
        for row in try rows("SELECT model, is_output, step FROM run_model WHERE run = ? ORDER BY id") {
            if row["is_output"] {
                run.modelOutputs.append(ModelOutput(model: row["model"], step: row["step"]))
            } else {
                run.modelInputs.append(row["model"])
            }
        }
        return run
    }
}
