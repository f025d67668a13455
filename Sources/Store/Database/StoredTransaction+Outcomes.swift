import Crypto
import Deployments
import Foundation
import GRDB
import Journal
import Statistics

extension StoredTransaction: OutcomeTransaction {
    /// Values that are kept of one rollout.
    private static let mostOutcomes = 5_000_000

    func keep(_ outcomes: [OutcomeRecord], ofRollout id: Int, replacing: Bool) throws -> [OutcomeRecord] {
        let known = try Int.fetchOne(
            db, sql: "SELECT outcomes FROM outcome_count WHERE rollout_id = ?", arguments: [id])
        guard (known ?? 0) + outcomes.count <= Self.mostOutcomes else {
            throw ControlError(
                .tooLarge, "the rollout has \(known ?? 0) outcomes, at most \(Self.mostOutcomes) are kept",
                field: "outcomes", hint: "decide it by what is known, and start another")
        }
        let statement = try db.cachedStatement(
            sql: """
                INSERT INTO outcome (rollout_id, metric, unit, variant, value) VALUES (?, ?, ?, ?, ?)
                ON CONFLICT DO \(replacing ? "UPDATE SET variant = excluded.variant, value = excluded.value" : "NOTHING")
                """)
        return try outcomes.filter { outcome in
            // Who it is about is nobody's business here; the same one must be known again.
            let unit = Data(SHA256.hash(data: Data("\(id) \(outcome.unit)".utf8)).prefix(16))
            try statement.execute(arguments: [id, outcome.metric, unit, outcome.variant, outcome.value])
            return db.changesCount > 0
        }
    }

    func samples(ofRollout id: Int) throws -> [String: [String: Sample]] {
        let rows = try Row.fetchAll(
            db,
            sql: """
                SELECT metric, variant, count(*) AS count, total(value) AS sum, total(value * value) AS squares
                FROM outcome WHERE rollout_id = ? GROUP BY metric, variant
                """, arguments: [id])
        var samples: [String: [String: Sample]] = [:]
        for row in rows {
            samples[row["metric"], default: [:]][row["variant"]] = Sample(
                count: row["count"], sum: row["sum"], squares: row["squares"])
        }
        return samples
    }

    func units(ofRollout id: Int) throws -> [String: Int] {
        let rows = try Row.fetchAll(
            db,
            sql: "SELECT variant, count(DISTINCT unit) AS units FROM outcome WHERE rollout_id = ? GROUP BY variant",
            arguments: [id])
        return rows.reduce(into: [:]) { $0[$1["variant"]] = $1["units"] }
    }
}
