import Foundation
import GRDB
import Journal
import Monitoring
import Quality
import Serving

/// The index of one endpoint, in one SQLite file.
///
/// Predictions are numbered in the order of the ledger. Their truth stands in a table of its own, so that a label that comes
/// late, for a prediction among a million, writes little. The log is not synced at each commit: what has been acknowledged
/// is in the system's hands, as the ledger is.
final class QualityDatabase: QualityIndex {
    /// `PRAGMA user_version`; another one is not read.
    private static let schema = 1

    let pool: DatabasePool

    init(path: String) throws {
        var configuration = Configuration()
        configuration.label = "slipway.quality"
        configuration.maximumReaderCount = 2
        configuration.busyMode = .timeout(5)
        configuration.prepareDatabase { db in
            // 8 MiB for each connection, while there is one; a log of 32 MiB before it is folded in.
            try db.execute(sql: "PRAGMA cache_size = -8192; PRAGMA wal_autocheckpoint = 8192")
        }
        pool = try DatabasePool(path: path, configuration: configuration)
        try pool.write { db in
            let found = try Int.fetchOne(db, sql: "PRAGMA user_version") ?? 0
            if found == 0 {
                try db.execute(sql: Self.tables)
                try db.execute(sql: "PRAGMA user_version = \(Self.schema)")
            } else if found != Self.schema {
                throw ControlError(
                    .unavailable, "'\(path)' was written by a newer Slipway: its schema is \(found)",
                    hint: "start the newer Slipway, or move the file away")
            }
        }
    }

    private static let tables = """
        CREATE TABLE meta (name TEXT PRIMARY KEY, value) WITHOUT ROWID;
        CREATE TABLE prediction (
            number INTEGER PRIMARY KEY, id_low INTEGER NOT NULL, id_high INTEGER NOT NULL, time INTEGER NOT NULL,
            version INTEGER NOT NULL, rows INTEGER NOT NULL, request TEXT, problem INTEGER, answers BLOB);
        CREATE INDEX prediction_id ON prediction (id_low, id_high);
        CREATE INDEX prediction_request ON prediction (request) WHERE request IS NOT NULL;
        CREATE TABLE subject (
            key TEXT NOT NULL, prediction INTEGER NOT NULL, part INTEGER NOT NULL,
            PRIMARY KEY (key, prediction, part)) WITHOUT ROWID;
        CREATE INDEX subject_prediction ON subject (prediction);
        CREATE TABLE label (
            prediction INTEGER PRIMARY KEY, version INTEGER NOT NULL, rows INTEGER NOT NULL, truth BLOB NOT NULL);
        CREATE TABLE waiting (
            kind INTEGER NOT NULL, subject TEXT NOT NULL, truth BLOB NOT NULL, arrived INTEGER NOT NULL,
            counted INTEGER NOT NULL,
            PRIMARY KEY (kind, subject)) WITHOUT ROWID;
        CREATE INDEX waiting_arrived ON waiting (arrived);
        CREATE TABLE version (
            version INTEGER PRIMARY KEY, predictions INTEGER NOT NULL, rows INTEGER NOT NULL, labelled INTEGER NOT NULL);
        CREATE TABLE file (sequence INTEGER PRIMARY KEY, last INTEGER NOT NULL);
        CREATE TABLE joined (second INTEGER PRIMARY KEY, rows INTEGER NOT NULL);
        """

    func write<Value>(_ body: (Database) throws -> Value) throws(ControlError) -> Value {
        do {
            return try pool.write(body)
        } catch { throw .database(error) }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(ControlError) -> Value {
        do {
            return try pool.read(body)
        } catch { throw .database(error) }
    }

    func rest() { pool.releaseMemory() }

    func close() {
        // What is not folded in is at the next opening.
        _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try? pool.close()
    }

    // MARK: - State

    func state() throws(ControlError) -> IndexState {
        try read { db in
            let meta = IndexMeta(db)
            var state = IndexState(
                position: try meta.position(), reading: try meta.text("reading"),
                waiting: try meta.number("waiting") ?? 0, joined: try meta.number("joined") ?? 0,
                unusable: try meta.number("unusable") ?? 0)
            for row in try Row.fetchAll(db, sql: "SELECT * FROM version ORDER BY version") {
                state.versions.append(
                    IndexState.Version(
                        number: row["version"], predictions: row["predictions"], rows: row["rows"],
                        labelled: row["labelled"]))
            }
            return state
        }
    }

    func joined(since: Int) throws(ControlError) -> Int {
        try read { db in
            try Int.fetchOne(
                db, sql: "SELECT total(rows) FROM joined WHERE second >= ?",
                arguments: [Int((Double(since) / 1e6).rounded(.up))]) ?? 0
        }
    }

    /// Rows of one time may be written in any order by several event loops, but not by minutes.
    private static let disorder = 600_000_000

    func labelled(
        version: Int?, since: Int?, _ body: (LabelledPrediction) -> Bool
    ) throws(ControlError) {
        try read { db in
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT p.id_high, p.id_low, p.time, p.answers, l.truth
                    FROM label l JOIN prediction p ON p.number = l.prediction
                    \(version == nil ? "" : "WHERE l.version = ?") ORDER BY l.prediction DESC
                    """, arguments: version.map { [$0] } ?? [])
            while let row = try rows.next() {
                let time: Int = row[2]
                if let since, time < since {
                    if time < since - Self.disorder { return }
                    continue
                }
                guard let answers = row.blob(3, PredictedRows.init), let truth = row.blob(4, TruthRecord.init) else {
                    continue
                }
                let id = PredictionID(stored: row[0], row[1])
                guard body(LabelledPrediction(id: id, time: time, answer: answers, truth: truth)) else { return }
            }
        }
    }
}

extension Row {
    /// What `read` makes of the bytes in a column, which are not copied; `nil` where there are none.
    func blob<Value>(_ column: Int, _ read: (UnsafeRawBufferPointer) -> Value?) -> Value? {
        try? withUnsafeData(atIndex: column) { data in
            guard let data else { return nil }
            return data.withUnsafeBytes { read($0) }
        }
    }
}

extension PredictionID {
    init(stored high: Int64, _ low: Int64) {
        self.init(high: UInt64(bitPattern: high), low: UInt64(bitPattern: low))
    }

    var storedHigh: Int64 { Int64(bitPattern: high) }
    var storedLow: Int64 { Int64(bitPattern: low) }
}

extension RecordBytes {
    /// What `body` writes, as a value to be stored.
    func data(_ body: (RecordBytes) -> Void) -> Data {
        cut(to: 0)
        body(self)
        return bytes.baseAddress.map { Data(bytes: $0, count: count) } ?? Data()
    }
}
