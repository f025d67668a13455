import Documents
import GRDB
import Journal
import Retraining

extension StoredTransaction: RetrainingTransaction {
    private static let run = """
        SELECT r.*, s.name AS space FROM retraining_run r JOIN space s ON s.id = r.space_id
        """

    func retrainingSubject(_ endpoint: String, space: String) throws -> RetrainingSubject? {
        try Row.fetchOne(
            db,
            sql: """
                SELECT m.name AS model, o.name AS owner FROM deployment d
                JOIN space s ON s.id = d.space_id
                JOIN revision r ON r.deployment_id = d.id AND r.number = d.revision
                JOIN version v ON v.id = r.version_id
                JOIN model m ON m.id = v.model_id
                JOIN space o ON o.id = m.space_id
                WHERE d.is_live = 1 AND s.name = ? AND d.endpoint = ?
                """, arguments: [space, endpoint]
        ).map { RetrainingSubject(model: $0["model"], modelSpace: $0["owner"]) }
    }

    func nextRun() throws -> Int {
        (try Int.fetchOne(db, sql: "SELECT max(number) FROM retraining_run") ?? 0) + 1
    }

    func insert(_ run: RetrainingRun) throws {
        try execute(
            """
            INSERT INTO retraining_run (number, space_id, endpoint, model, model_space, rule_name, rule, cause,
                requested_by, requested_at, state, is_open, progress)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                run.number, try requireSpaceID(run.space), run.endpoint, run.model, run.modelSpace, run.rule.name,
                run.rule.document.json, try Self.json(run.cause), run.requestedBy, run.requestedAt.microseconds,
                run.state.rawValue, Self.isOpen(run), try Self.json(run.progress),
            ])
    }

    func save(_ run: RetrainingRun) throws {
        try execute(
            "UPDATE retraining_run SET state = ?, is_open = ?, progress = ? WHERE number = ?",
            [run.state.rawValue, Self.isOpen(run), try Self.json(run.progress), run.number])
    }

    private static func isOpen(_ run: RetrainingRun) -> Bool { run.state.isOpen || run.followUp.isOpen }

    func run(_ number: Int, space: String?) throws -> RetrainingRun? {
        let place = space == nil ? "" : " AND s.name = :space"
        var arguments: StatementArguments = ["number": number]
        if let space { arguments += ["space": space] }
        return try Row.fetchOne(db, sql: Self.run + " WHERE r.number = :number" + place, arguments: arguments)
            .map(Self.run)
    }

    func runs(_ filter: RunFilter, before: Int?, limit: Int) throws -> [RetrainingRun] {
        guard try hasSpace(filter.space) else { throw ControlError.spaceNotFound(filter.space) }
        var condition = "s.name = :space AND r.number < :before"
        var arguments: StatementArguments = ["space": filter.space, "before": before ?? Int.max, "limit": limit]
        if let endpoint = filter.endpoint {
            condition += " AND r.endpoint = :endpoint"
            arguments += ["endpoint": endpoint]
        }
        if let rule = filter.rule {
            condition += " AND r.rule_name = :rule"
            arguments += ["rule": rule]
        }
        if filter.onlyOpen { condition += " AND r.is_open = 1" }
        return try Row.fetchAll(
            db, sql: Self.run + " WHERE \(condition) ORDER BY r.number DESC LIMIT :limit", arguments: arguments
        ).map(Self.run)
    }

    func openRuns() throws -> [RetrainingRun] {
        try Row.fetchAll(db.cachedStatement(sql: Self.run + " WHERE r.is_open = 1 ORDER BY r.number")).map(Self.run)
    }

    func versions(ofRun number: Int) throws -> [Int] {
        try Int.fetchAll(
            db, sql: "SELECT number FROM version WHERE run = ? AND deleted_at IS NULL ORDER BY number",
            arguments: [number])
    }

    func run(thatPushed model: String, version: Int) throws -> RetrainingRun? {
        try Row.fetchOne(
            db,
            sql: Self.run + """
                 WHERE r.number = (SELECT v.run FROM version v JOIN model m ON m.id = v.model_id
                    WHERE m.name = ? AND v.number = ?)
                """, arguments: [model, version]
        ).map(Self.run)
    }

    private static func run(_ row: Row) throws -> RetrainingRun {
        let settings = try RetrainingSettings(document: .list([try decode(DocumentValue.self, row["rule"])]))
        let word: String = row["state"]
        guard let rule = settings.rules.first, let state = RetrainingRun.State(rawValue: word) else {
            throw ControlError(.internalFailure, "a retraining run is kept in a form that is not known: \(word)")
        }
        var run = RetrainingRun(
            number: row["number"], space: row["space"], endpoint: row["endpoint"], model: row["model"],
            modelSpace: row["model_space"], rule: rule, cause: try decode(RunCause.self, row["cause"]),
            requestedBy: row["requested_by"], requestedAt: Timestamp(microseconds: row["requested_at"]))
        run.state = state
        run.progress = try decode(RunProgress.self, row["progress"])
        return run
    }

    // MARK: - Rules

    func ruleMemory(_ rule: String, endpoint: String, space: String) throws -> RuleMemory? {
        try String.fetchOne(
            db.cachedStatement(
                sql: "SELECT memory FROM retraining_rule WHERE space_id = ? AND endpoint = ? AND rule = ?"),
            arguments: [try requireSpaceID(space), endpoint, rule]
        ).map { try Self.decode(RuleMemory.self, $0) }
    }

    func setRuleMemory(_ memory: RuleMemory, of rule: String, endpoint: String, space: String) throws {
        try execute(
            """
            INSERT INTO retraining_rule (space_id, endpoint, rule, memory) VALUES (?, ?, ?, ?)
            ON CONFLICT (space_id, endpoint, rule) DO UPDATE SET memory = excluded.memory
            """, [try requireSpaceID(space), endpoint, rule, try Self.json(memory)])
    }
}
