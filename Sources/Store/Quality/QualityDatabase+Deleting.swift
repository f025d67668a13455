import Foundation
import GRDB
import Journal
import Monitoring
import Quality
import Serving

extension QualityDatabase {
    func restart(reading: String) throws(ControlError) {
        try write { db in
            try Self.letTruthWait(db)
            try Self.deletePredictions(upTo: .max, db)
            try db.execute(sql: "DELETE FROM file")
            let meta = IndexMeta(db)
            for name in ["file", "madeAt", "offset", "mayRepeat"] { try meta.remove(name) }
            try meta.set("reading", reading)
        }
    }

    /// Under the id of its prediction, whatever it was sent by. Its rows were counted when they were joined first.
    private static func letTruthWait(_ db: Database) throws {
        let put = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO waiting (kind, subject, truth, arrived, counted) VALUES (?, ?, ?, ?, 1)")
        let rows = try Row.fetchCursor(
            db,
            sql: """
                SELECT p.id_high, p.id_low, l.truth, p.time FROM label l JOIN prediction p ON p.number = l.prediction
                """)
        while let row = try rows.next() {
            let id = PredictionID(stored: row[0], row[1])
            try put.execute(arguments: [TruthJoin.Kind.prediction, id.text, row[2] as Data, row[3] as Int])
        }
        try countWaiting(db)
    }

    func forget(_ predictions: [PredictionID]) throws(ControlError) {
        try erasing { db in
            let numbers = try db.cachedStatement(
                sql: "SELECT number FROM prediction WHERE id_low = ? AND id_high = ?")
            let waiting = try db.cachedStatement(sql: "DELETE FROM waiting WHERE kind = ? AND subject = ?")
            for id in predictions {
                for number in try Int64.fetchAll(numbers, arguments: [id.storedLow, id.storedHigh]) {
                    for sql in [
                        "DELETE FROM label WHERE prediction = ?", "DELETE FROM subject WHERE prediction = ?",
                        "DELETE FROM prediction WHERE number = ?",
                    ] {
                        try db.cachedStatement(sql: sql).execute(arguments: [number])
                    }
                }
                try waiting.execute(arguments: [TruthJoin.Kind.prediction, id.text])
            }
            try Self.countVersions(db)
            try Self.countWaiting(db)
        }
    }

    func forget(waitingFor key: String) throws(ControlError) {
        try erasing { db in
            try db.execute(
                sql: "DELETE FROM waiting WHERE kind = ? AND subject = ?", arguments: [TruthJoin.Kind.key, key])
            try Self.countWaiting(db)
        }
    }

    /// Deletes so that the file has nothing of it any more: its bytes are written over, and the log is folded in.
    private func erasing(_ body: (Database) throws -> Void) throws(ControlError) {
        do {
            try pool.writeWithoutTransaction { db in
                try db.execute(sql: "PRAGMA secure_delete = ON")
                defer { try? db.execute(sql: "PRAGMA secure_delete = OFF") }
                try db.inTransaction {
                    try body(db)
                    return .commit
                }
                try db.checkpoint(.truncate)
            }
        } catch { throw .database(error) }
    }

    func retain(
        from file: UInt64?, waitingSince: Int, atMost: Int, mostWaiting: Int
    ) throws(ControlError) {
        try write { db in
            let sequence = file.map { Int(clamping: $0) } ?? .max
            var last =
                try Int64.fetchOne(db, sql: "SELECT max(last) FROM file WHERE sequence < ?", arguments: [sequence]) ?? 0
            let newest = try Int64.fetchOne(db, sql: "SELECT max(number) FROM prediction") ?? 0
            last = max(last, newest - Int64(clamping: atMost))
            if last > 0, try Self.deletePredictions(upTo: last, db) { try Self.countVersions(db) }
            try db.execute(sql: "DELETE FROM file WHERE sequence < ?", arguments: [sequence])
            try db.execute(sql: "DELETE FROM waiting WHERE arrived < ?", arguments: [waitingSince])
            var mustCount = db.changesCount > 0
            let tooMany = (try IndexMeta(db).number("waiting") ?? 0) - mostWaiting
            if tooMany > 0 {
                try db.execute(
                    sql: """
                        DELETE FROM waiting WHERE (kind, subject) IN
                            (SELECT kind, subject FROM waiting ORDER BY arrived LIMIT ?)
                        """, arguments: [tooMany])
                mustCount = true
            }
            if mustCount { try Self.countWaiting(db) }
            try db.execute(
                sql: "DELETE FROM joined WHERE second < ?", arguments: [waitingSince / 1_000_000])
        }
    }

    /// Whether there were any.
    @discardableResult
    static func deletePredictions(upTo last: Int64, _ db: Database) throws -> Bool {
        try db.execute(sql: "DELETE FROM prediction WHERE number <= ?", arguments: [last])
        guard db.changesCount > 0 else { return false }
        try db.execute(sql: "DELETE FROM label WHERE prediction <= ?", arguments: [last])
        try db.execute(sql: "DELETE FROM subject WHERE prediction <= ?", arguments: [last])
        if last == .max { try db.execute(sql: "DELETE FROM version") }
        return true
    }

    private static func countVersions(_ db: Database) throws {
        try db.execute(
            sql: """
                DELETE FROM version;
                INSERT INTO version (version, predictions, rows, labelled)
                    SELECT p.version, count(*), sum(p.rows), coalesce(sum(l.rows), 0)
                    FROM prediction p LEFT JOIN label l ON l.prediction = p.number GROUP BY p.version
                """)
    }

    private static func countWaiting(_ db: Database) throws {
        try IndexMeta(db).set("waiting", try Int.fetchOne(db, sql: "SELECT count(*) FROM waiting") ?? 0)
    }
}
