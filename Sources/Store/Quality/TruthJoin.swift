import Foundation
import GRDB
import Journal
import Quality
import Serving

/// Joins truth to predictions within one transaction, and counts what comes of it.
final class TruthJoin {
    /// What truth waits for, as the table has it.
    enum Kind {
        static let prediction = 0
        static let request = 1
        static let key = 2
    }

    /// A prediction that truth is meant for.
    struct Found {
        var number: Int64
        var version: Int
        var rows: Int
        var problem: RowProblem?
        var truth: TruthRecord?
        /// The row of a key.
        var part = 0
    }

    /// Items that may wait at once.
    static let mostWaiting = 1_000_000

    private let db: Database
    private let now: Int
    private let bytes = RecordBytes(capacity: 4096)
    private var waiting: Int
    private let waitedBefore: Int
    private var unusable = 0
    private(set) var joinedRows = 0
    private var labelled: [Int: Int] = [:]

    private let byID: Statement
    private let byRequest: Statement
    private let byKey: Statement
    private let putLabel: Statement
    private let waitingFor: Statement
    private let putWaiting: Statement
    private let endWaiting: Statement

    init(_ db: Database, now: Int) throws {
        self.db = db
        self.now = now
        waiting = try IndexMeta(db).number("waiting") ?? 0
        waitedBefore = waiting
        let columns = "p.number, p.version, p.rows, p.problem, l.truth"
        let label = "LEFT JOIN label l ON l.prediction = p.number"
        byID = try db.cachedStatement(
            sql: """
                SELECT \(columns) FROM prediction p \(label) WHERE p.id_low = ? AND p.id_high = ?
                ORDER BY p.number DESC LIMIT 2
                """)
        byRequest = try db.cachedStatement(
            sql: "SELECT \(columns) FROM prediction p \(label) WHERE p.request = ? ORDER BY p.number DESC LIMIT 1")
        byKey = try db.cachedStatement(
            sql: """
                SELECT \(columns), s.part FROM subject s JOIN prediction p ON p.number = s.prediction \(label)
                WHERE s.key = ? AND p.time <= ? ORDER BY s.prediction DESC, s.part DESC LIMIT 1
                """)
        putLabel = try db.cachedStatement(
            sql: """
                INSERT INTO label (prediction, version, rows, truth) VALUES (?, ?, ?, ?)
                ON CONFLICT (prediction) DO UPDATE SET rows = excluded.rows, truth = excluded.truth
                """)
        waitingFor = try db.cachedStatement(sql: "SELECT truth, counted FROM waiting WHERE kind = ? AND subject = ?")
        putWaiting = try db.cachedStatement(
            sql: "INSERT OR REPLACE INTO waiting (kind, subject, truth, arrived, counted) VALUES (?, ?, ?, ?, ?)")
        endWaiting = try db.cachedStatement(sql: "DELETE FROM waiting WHERE kind = ? AND subject = ?")
    }

    var hasWaiting: Bool { waiting > 0 }

    // MARK: - Truth that comes

    func accept(_ item: FeedbackItem) throws -> FeedbackOutcome {
        let at = item.at ?? now
        let found: Found?
        switch item.subject {
        case .prediction(let id):
            let all = try Row.fetchCursor(byID, arguments: [id.storedLow, id.storedHigh])
            found = try all.next().map(Self.found)
            if try found != nil && all.next() != nil {
                return .refused(
                    "several predictions have this id, as the messages of a stream do: send it by 'request_id'")
            }
        case .request(let request): found = try Row.fetchOne(byRequest, arguments: [request]).map(Self.found)
        case .key(let key):
            guard item.truth.count == 1 else { return .refused("a key names one row: 'truth' must be one value") }
            found = try Row.fetchOne(byKey, arguments: [key, at]).map(Self.found)
        }
        guard let found else { return try wait(item, at: at) }
        if let problem = found.problem { return .refused(problem.words) }
        if case .key = item.subject { return try join(item.truth, from: found.part, at: at, to: found) }
        guard item.truth.count == found.rows else {
            return .refused(
                found.rows == 1
                    ? "its prediction has one row, and 'truth' has \(item.truth.count)"
                    : "its prediction has \(found.rows) rows: 'truth' must be a list of as many, null for what is not known yet"
            )
        }
        return try join(item.truth, from: 0, at: at, to: found)
    }

    private static func found(_ row: Row) -> Found {
        var found = Found(
            number: row[0], version: row[1], rows: row[2],
            problem: (row[3] as Int?).flatMap { RowProblem(rawValue: UInt8(clamping: $0)) },
            truth: row.blob(4, TruthRecord.init))
        if row.count > 5 { found.part = row[5] }
        return found
    }

    private func join(
        _ truth: [String?], from first: Int, at: Int, to found: Found
    ) throws -> FeedbackOutcome {
        let before = found.truth ?? TruthRecord(rowCount: found.rows)
        var record = before
        let outcome = record.merge(truth, from: first, at: at)
        if record != before { try put(record, of: found, before: before) }
        return outcome
    }

    private func put(
        _ record: TruthRecord, of found: Found, before: TruthRecord, counting: Bool = true
    ) throws {
        let known = record.known
        try putLabel.execute(arguments: [found.number, found.version, known, bytes.data(record.write)])
        let more = known - before.known
        if counting { joinedRows += more }
        labelled[found.version, default: 0] += more
    }

    // MARK: - Truth that waits

    private func wait(_ item: FeedbackItem, at: Int) throws -> FeedbackOutcome {
        let (kind, subject) = Self.place(item.subject)
        let before = try waitingRecord(kind, subject)
        guard before != nil || waiting < Self.mostWaiting else {
            return .refused("its prediction is not there, and \(Self.mostWaiting) items wait for theirs already")
        }
        var record = before?.record ?? TruthRecord()
        let outcome = record.merge(item.truth, at: at)
        guard record != before?.record else { return outcome }
        try putWaiting.execute(arguments: [
            kind, subject, bytes.data(record.write), now, before?.isCounted ?? false,
        ])
        if before == nil { waiting += 1 }
        return outcome == .joined ? .waiting : outcome
    }

    private static func place(_ subject: FeedbackItem.Subject) -> (Int, String) {
        switch subject {
        case .prediction(let id): (Kind.prediction, id.text)
        case .request(let request): (Kind.request, request)
        case .key(let key): (Kind.key, key)
        }
    }

    private func waitingRecord(
        _ kind: Int, _ subject: String
    ) throws -> (record: TruthRecord, isCounted: Bool)? {
        guard let row = try Row.fetchOne(waitingFor, arguments: [kind, subject]),
            let record = row.blob(0, TruthRecord.init)
        else { return nil }
        return (record, row[1])
    }

    /// Joins what waits for a prediction that has just been taken in.
    func join(waitingFor prediction: IndexedPrediction, number: Int64) throws {
        guard hasWaiting else { return }
        let rows = (try? prediction.answer.get())?.count
        var record = TruthRecord(rowCount: rows ?? 0)
        let isCounted = try take(Kind.prediction, prediction.id.text, rows, into: &record)
        if let request = prediction.request { _ = try take(Kind.request, request, rows, into: &record) }
        for (part, key) in prediction.keys.enumerated() {
            guard let key, let waiting = try waitingRecord(Kind.key, key), let row = waiting.record.rows.first ?? nil,
                row.at >= prediction.time
            else { continue }
            try end(Kind.key, key)
            _ = record.merge([row.truth], from: part, at: row.at)
        }
        guard let rows, record.known > 0 else { return }
        let found = Found(number: number, version: prediction.version, rows: rows)
        try put(record, of: found, before: TruthRecord(rowCount: rows), counting: !isCounted)
    }

    /// Whether what it took was counted among the joined rows before.
    ///
    /// - Parameter rows: of the prediction; `nil` where there is nothing to hold the truth against.
    private func take(_ kind: Int, _ subject: String, _ rows: Int?, into record: inout TruthRecord) throws -> Bool {
        guard let waiting = try waitingRecord(kind, subject) else { return false }
        try end(kind, subject)
        guard let rows, waiting.record.rows.count == rows else {
            unusable += 1
            return false
        }
        record.merge(waiting.record)
        return waiting.isCounted
    }

    private func end(_ kind: Int, _ subject: String) throws {
        try endWaiting.execute(arguments: [kind, subject])
        waiting -= 1
    }

    // MARK: - The end

    /// Writes down what was counted.
    func finish() throws {
        let meta = IndexMeta(db)
        try meta.add(waiting - waitedBefore, to: "waiting")
        try meta.add(unusable, to: "unusable")
        try meta.add(joinedRows, to: "joined")
        for (version, rows) in labelled where rows != 0 {
            try db.execute(
                sql: "UPDATE version SET labelled = labelled + ? WHERE version = ?", arguments: [rows, version])
        }
        guard joinedRows > 0 else { return }
        try db.execute(
            sql: """
                INSERT INTO joined (second, rows) VALUES (?, ?)
                ON CONFLICT (second) DO UPDATE SET rows = rows + excluded.rows
                """, arguments: [now / 1_000_000, joinedRows])
    }
}
