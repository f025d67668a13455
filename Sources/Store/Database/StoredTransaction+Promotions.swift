import GRDB
import Governance
import Journal
import Registry

extension StoredTransaction: PromotionTransaction {
    /// The words of the states that something can still happen in.
    static let openStates = PromotionLife.State.allCases.filter(\.isOpen).map { "'\($0.rawValue)'" }
        .joined(separator: ", ")

    var time: Timestamp { Timestamp(microseconds: now) }

    func champion(of model: String, in space: String) throws -> ModelVersion? {
        let number = try Int.fetchOne(
            db,
            sql: """
                SELECT v.number
                FROM deployment d
                JOIN space s ON s.id = d.space_id
                JOIN revision r ON r.deployment_id = d.id AND r.number = d.revision
                JOIN version v ON v.id = r.version_id
                JOIN model m ON m.id = v.model_id
                WHERE s.name = :space AND m.name = :model AND d.is_live = 1
                ORDER BY d.endpoint = :model DESC, r.created_at DESC, d.endpoint LIMIT 1
                """, arguments: ["space": space, "model": model])
        guard let number else { return nil }
        return try version(model: model, number: number, space: space)
    }

    func lastApplied(model: String, space: String) throws -> Int? {
        try Int.fetchOne(
            db,
            sql: """
                SELECT p.number FROM promotion p
                JOIN space s ON s.id = p.target_id
                JOIN promotion_step t ON t.promotion = p.number AND t.kind = 'applied'
                WHERE s.name = ? AND p.model = ? AND p.state = 'applied'
                ORDER BY t.at DESC, p.number DESC LIMIT 1
                """, arguments: [space, model])
    }

    func openPromotion(model: String, version: Int, target: String) throws -> Int? {
        try Int.fetchOne(
            db,
            sql: """
                SELECT p.number FROM promotion p JOIN space s ON s.id = p.target_id
                WHERE s.name = ? AND p.model = ? AND p.version = ? AND p.state IN (\(Self.openStates))
                """, arguments: [target, model, version])
    }

    func insert(_ draft: PromotionDraft) throws -> Int {
        try execute(
            """
            INSERT INTO promotion (model, version, digest, source_id, target_id, source, target, requested_by, pushed_by,
                requested_at, state)
            VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
            """,
            [
                draft.model, draft.version, draft.digest, try requireSpaceID(draft.source),
                try requireSpaceID(draft.target), draft.source, draft.target, draft.requestedBy, draft.pushedBy, now,
                PromotionLife.State.checking.rawValue,
            ])
        return Int(db.lastInsertedRowID)
    }

    func append(_ step: PromotionStep, to promotion: Int, state: PromotionLife.State) throws {
        try execute(
            "INSERT INTO promotion_step (promotion, number, at, actor, kind, event) VALUES (?, ?, ?, ?, ?, ?)",
            [promotion, step.number, step.at.microseconds, step.by, step.event.word, try Self.json(step.event)])
        try execute(
            "UPDATE promotion SET state = :state WHERE number = :number AND state <> :state",
            ["state": state.rawValue, "number": promotion])
    }

    func makeAvailable(model: String, version: Int, space: String, by principal: Principal) throws {
        try execute(
            """
            INSERT INTO version_space (space_id, version_id, created_at, created_by)
            VALUES (?, (SELECT v.id FROM version v JOIN model m ON m.id = v.model_id
                WHERE m.name = ? AND v.number = ?), ?, ?)
            """, [try requireSpaceID(space), model, version, now, principal.id])
    }

    func promotion(_ number: Int) throws -> Promotion? {
        try Row.fetchOne(db, sql: Self.promotion + " WHERE p.number = ?", arguments: [number]).map(promotion)
    }

    func promotions(_ filter: PromotionFilter, before: Int?, limit: Int) throws -> [Promotion] {
        var condition = "(p.source_id = :space OR p.target_id = :space) AND p.number < :before"
        var arguments: StatementArguments = [
            "space": try requireSpaceID(filter.space), "before": before ?? Int.max, "limit": limit,
        ]
        if let model = filter.model {
            condition += " AND p.model = :model"
            arguments += ["model": model]
        }
        if let version = filter.version {
            condition += " AND p.version = :version"
            arguments += ["version": version]
        }
        if filter.onlyOpen { condition += " AND p.state IN (\(Self.openStates))" }
        return try Row.fetchAll(
            db, sql: Self.promotion + " WHERE \(condition) ORDER BY p.number DESC LIMIT :limit", arguments: arguments
        ).map(promotion)
    }

    func openPromotions() throws -> [Int] {
        try Int.fetchAll(
            db, sql: "SELECT number FROM promotion WHERE state IN (\(Self.openStates)) ORDER BY number")
    }

    /// A space that was removed is not the one that has its name now.
    private static let promotion = """
        SELECT p.*, s.removed_at IS NULL AS has_source,
            t.removed_at IS NULL AS has_target
        FROM promotion p JOIN space s ON s.id = p.source_id JOIN space t ON t.id = p.target_id
        """

    private func promotion(_ row: Row) throws -> Promotion {
        let number: Int = row["number"]
        let steps = try Row.fetchAll(
            db.cachedStatement(
                sql: "SELECT number, at, actor, event FROM promotion_step WHERE promotion = ? ORDER BY number"),
            arguments: [number])
        return Promotion(
            number: number,
            draft: PromotionDraft(
                model: row["model"], version: row["version"], digest: row["digest"], source: row["source"],
                target: row["target"], requestedBy: row["requested_by"], pushedBy: row["pushed_by"]),
            requestedAt: Timestamp(microseconds: row["requested_at"]), hasSource: row["has_source"],
            hasTarget: row["has_target"],
            steps: try steps.map { step in
                PromotionStep(
                    number: step["number"], at: Timestamp(microseconds: step["at"]), by: step["actor"],
                    event: try Self.decode(PromotionEvent.self, step["event"]))
            })
    }
}
