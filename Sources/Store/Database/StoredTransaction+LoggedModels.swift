import Experiments
import GRDB
import Journal

extension StoredTransaction {
    private static let loggedModelColumns = """
        SELECT m.*, e.is_default, s.name AS space
        FROM logged_model m JOIN experiment e ON e.id = m.experiment_id JOIN space s ON s.id = e.space_id
        """

    func loggedModel(_ id: String, space: String) throws -> LoggedModel? {
        try Row.fetchOne(
            db.cachedStatement(sql: Self.loggedModelColumns + " WHERE m.model_id = ? AND s.name = ?"),
            arguments: [id, space]
        ).map(loggedModel)
    }

    func loggedModelAlone(_ id: String, space: String) throws -> LoggedModel? {
        try Row.fetchOne(
            db.cachedStatement(sql: Self.loggedModelColumns + " WHERE m.model_id = ? AND s.name = ?"),
            arguments: [id, space]
        ).map(loggedModelAlone)
    }

    /// The row of a logged model that was found in its space before.
    func loggedModelRow(_ id: String) throws -> Int64 {
        let row = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT id FROM logged_model WHERE model_id = ?"), arguments: [id])
        guard let row else { throw ControlError.loggedModelNotFound(id) }
        return row
    }

    func insertLoggedModel(_ model: LoggedModel, by principal: Principal) throws {
        guard let experiment = try experimentRow(model.experiment, space: model.space) else {
            throw ControlError.experimentNotFound("\(model.experiment)")
        }
        try execute(
            """
            INSERT INTO logged_model
                (model_id, experiment_id, name, type, source_run, status, created_at, updated_at, created_by)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                model.id, experiment, model.name, model.type, model.sourceRun, model.status.rawValue, model.createdAt,
                model.updatedAt, principal.id,
            ])
        try insertParams(model.params, ofModel: model.id)
        try setTags(model.tags, ofModel: model.id)
    }

    func setStatus(_ status: LoggedModelStatus, ofModel id: String) throws {
        try execute(
            "UPDATE logged_model SET status = ?, updated_at = ? WHERE model_id = ?",
            [status.rawValue, nowMilliseconds, id])
    }

    func deleteLoggedModel(_ id: String) throws {
        try execute(
            "UPDATE logged_model SET deleted_at = ?, updated_at = ? WHERE model_id = ?",
            [nowMilliseconds, nowMilliseconds, id])
    }

    func insertParams(_ params: [String: String], ofModel id: String) throws {
        let row = try loggedModelRow(id)
        for (key, value) in params {
            try execute("INSERT INTO logged_model_param (model, key, value) VALUES (?, ?, ?)", [row, key, value])
        }
    }

    func setTags(_ tags: [String: String], ofModel id: String) throws {
        let row = try loggedModelRow(id)
        for (key, value) in tags {
            try execute(
                """
                INSERT INTO logged_model_tag (model, key, value) VALUES (?, ?, ?)
                ON CONFLICT (model, key) DO UPDATE SET value = excluded.value
                """, [row, key, value])
        }
    }

    func removeTag(_ key: String, ofModel id: String) throws -> Bool {
        try execute("DELETE FROM logged_model_tag WHERE model = ? AND key = ?", [try loggedModelRow(id), key])
        return db.changesCount > 0
    }

    /// A metric of a run that is about a logged model is one of the model's too.
    func insert(_ point: MetricPoint, ofModel model: String, _ value: Double, _ isNaN: Bool, run: String) throws {
        try execute(
            """
            INSERT OR IGNORE INTO logged_model_metric
                (model, key, timestamp, step, run, value, is_nan, data_set, data_set_digest)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                try loggedModelRow(model), point.key, point.timestamp, point.step, run, value, isNaN, point.dataSet,
                point.dataSetDigest,
            ])
    }

    func loggedModels(_ query: LoggedModelQuery, offset: Int, limit: Int) throws -> [LoggedModel] {
        let candidates = try Set(query.experiments).sorted().flatMap { id -> [LoggedModel] in
            guard let experiment = try experimentRow(id, space: query.space) else { return [] }
            return try Row.fetchAll(
                db.cachedStatement(
                    sql: Self.loggedModelColumns + " WHERE m.experiment_id = ? AND m.deleted_at IS NULL"),
                arguments: [experiment]
            ).map(loggedModel)
        }
        let found = candidates.filter(query.holds).sorted { left, right in
            left.createdAt == right.createdAt ? left.id < right.id : left.createdAt > right.createdAt
        }
        return Array(query.sorted(found).dropFirst(offset).prefix(limit))
    }

    private func loggedModelAlone(_ row: Row) throws -> LoggedModel {
        let number: Int = row["status"]
        guard let status = LoggedModelStatus(rawValue: number) else {
            throw ControlError(.internalFailure, "a logged model has the unknown status \(number)")
        }
        return LoggedModel(
            id: row["model_id"], experiment: row["is_default"] ? .ofDefault : ExperimentID(row["experiment_id"]),
            space: row["space"], name: row["name"], type: row["type"], sourceRun: row["source_run"], status: status,
            createdAt: row["created_at"], updatedAt: row["updated_at"],
            isDeleted: (row["deleted_at"] as Int?) != nil, params: [:], tags: [:], metrics: [])
    }

    private func loggedModel(_ row: Row) throws -> LoggedModel {
        let id: Int64 = row["id"]
        func rows(_ sql: String) throws -> [Row] { try Row.fetchAll(db.cachedStatement(sql: sql), arguments: [id]) }
        var model = try loggedModelAlone(row)
        model.params = Self.pairs(try rows("SELECT key, value FROM logged_model_param WHERE model = ?"))
        model.tags = Self.pairs(try rows("SELECT key, value FROM logged_model_tag WHERE model = ?"))
        model.metrics = try rows(
            "SELECT * FROM logged_model_metric WHERE model = ? ORDER BY key, timestamp, step, run"
        ).map {
            var point = Self.point($0)
            point.model = row["model_id"]
            point.run = $0["run"]
            point.dataSet = $0["data_set"]
            point.dataSetDigest = $0["data_set_digest"]
            return point
        }
        return model
    }
}
