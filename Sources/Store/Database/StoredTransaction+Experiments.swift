import Experiments
import GRDB
import Journal

/// Experiments. An experiment's row is found by what programs call it: its own number, or 0 for a space's default.
extension StoredTransaction {
    private static let experimentColumns = """
        SELECT e.id, e.is_default, s.name AS space, e.name, e.created_at, e.updated_at, e.deleted_at
        FROM experiment e JOIN space s ON s.id = e.space_id
        """

    /// In milliseconds.
    var nowMilliseconds: Int { now / 1000 }

    func experimentRow(_ id: ExperimentID, space: String) throws -> Int64? {
        let isDefault = id == .ofDefault
        let statement = try db.cachedStatement(
            sql: "SELECT e.id FROM experiment e JOIN space s ON s.id = e.space_id WHERE s.name = ? AND "
                + (isDefault ? "e.is_default = 1" : "e.is_default = 0 AND e.id = ?"))
        return try Int64.fetchOne(statement, arguments: isDefault ? [space] : [space, id.number])
    }

    private func requireExperimentRow(_ id: ExperimentID, space: String) throws -> Int64 {
        guard let row = try experimentRow(id, space: space) else { throw ControlError.experimentNotFound("\(id)") }
        return row
    }

    func experiment(_ id: ExperimentID, space: String) throws -> Experiment? {
        guard let row = try experimentRow(id, space: space) else { return nil }
        return try Row.fetchOne(
            db.cachedStatement(sql: Self.experimentColumns + " WHERE e.id = ?"), arguments: [row]
        ).map(experiment)
    }

    func experiment(named name: String, space: String) throws -> Experiment? {
        try Row.fetchOne(
            db.cachedStatement(sql: Self.experimentColumns + " WHERE s.name = ? AND e.name = ?"),
            arguments: [space, name]
        ).map(experiment)
    }

    func insertExperiment(_ name: String, tags: [String: String], space: String) throws -> ExperimentID {
        try refuseTaken(name, space: space)
        try execute(
            "INSERT INTO experiment (space_id, is_default, name, created_at, updated_at) VALUES (?, 0, ?, ?, ?)",
            [try requireSpaceID(space), name, nowMilliseconds, nowMilliseconds])
        let row = db.lastInsertedRowID
        for (key, value) in tags {
            try execute("INSERT INTO experiment_tag (experiment_id, key, value) VALUES (?, ?, ?)", [row, key, value])
        }
        return ExperimentID(Int(row))
    }

    func renameExperiment(_ id: ExperimentID, to name: String, space: String) throws {
        try refuseTaken(name, space: space)
        try execute(
            "UPDATE experiment SET name = ?, updated_at = ? WHERE id = ?",
            [name, nowMilliseconds, try requireExperimentRow(id, space: space)])
    }

    private func refuseTaken(_ name: String, space: String) throws {
        guard let taken = try experiment(named: name, space: space) else { return }
        throw ControlError(
            .conflict, "the experiment '\(Name.excerpt(of: name))' exists already in this space", field: "name",
            hint: taken.isDeleted ? "it is deleted: restore it, or take another name" : nil)
    }

    func setExperiment(_ id: ExperimentID, deleted: Bool, space: String) throws {
        let row = try requireExperimentRow(id, space: space)
        let moment = deleted ? nowMilliseconds : nil
        try execute(
            "UPDATE experiment SET deleted_at = ?, updated_at = ? WHERE id = ?", [moment, nowMilliseconds, row])
        // As MLflow's server does: what was deleted before the experiment comes back with it too.
        try execute("UPDATE tracked_run SET deleted_at = ? WHERE experiment_id = ?", [moment, row])
    }

    func setTag(_ key: String, _ value: String, ofExperiment id: ExperimentID, space: String) throws {
        try execute(
            """
            INSERT INTO experiment_tag (experiment_id, key, value) VALUES (?, ?, ?)
            ON CONFLICT (experiment_id, key) DO UPDATE SET value = excluded.value
            """, [try requireExperimentRow(id, space: space), key, value])
    }

    func removeTag(_ key: String, ofExperiment id: ExperimentID, space: String) throws -> Bool {
        try execute(
            "DELETE FROM experiment_tag WHERE experiment_id = ? AND key = ?",
            [try requireExperimentRow(id, space: space), key])
        return db.changesCount > 0
    }

    func experiments(_ query: ExperimentQuery, offset: Int, limit: Int) throws -> [Experiment] {
        let all = try Row.fetchAll(
            db.cachedStatement(
                sql: Self.experimentColumns
                    + " WHERE s.name = ? AND \(Self.condition(query.view, "e")) ORDER BY e.created_at DESC, e.id"),
            arguments: [query.space]
        ).map(experiment)
        let found = all.filter { item in query.filter.matches { item.values(at: $0) } }
        return Array(query.order.sort(found) { $0.values(at: $1).first }.dropFirst(offset).prefix(limit))
    }

    static func condition(_ view: LifecycleView, _ table: String) -> String {
        switch view {
        case .active: "\(table).deleted_at IS NULL"
        case .deleted: "\(table).deleted_at IS NOT NULL"
        case .all: "1"
        }
    }

    private func experiment(_ row: Row) throws -> Experiment {
        let id: Int64 = row["id"]
        let tags = try Row.fetchAll(
            db.cachedStatement(sql: "SELECT key, value FROM experiment_tag WHERE experiment_id = ?"), arguments: [id])
        return Experiment(
            id: row["is_default"] ? .ofDefault : ExperimentID(Int(id)), space: row["space"], name: row["name"],
            isDeleted: (row["deleted_at"] as Int?) != nil, createdAt: row["created_at"], updatedAt: row["updated_at"],
            tags: Self.pairs(tags))
    }

    /// Rows of `key` and `value`.
    static func pairs(_ rows: [Row]) -> [String: String] {
        Dictionary(rows.map { ($0["key"], $0["value"]) }, uniquingKeysWith: { $1 })
    }
}

extension Experiment {
    /// What a search sees of it.
    fileprivate func values(at field: SearchField) -> [SearchValue] {
        switch (field.kind, field.key) {
        case (.tag, let key): tags[key].map { [.text($0)] } ?? []
        case (.attribute, "name"): [.text(name)]
        case (.attribute, "experiment_id"): [.text("\(id)")]
        case (.attribute, "creation_time"): [.number(Double(createdAt))]
        case (.attribute, "last_update_time"): [.number(Double(updatedAt))]
        default: []
        }
    }
}
