import Foundation
import GRDB
import Journal
import Monitoring
import Quality
import Serving

extension QualityDatabase {
    func accept(_ items: [FeedbackItem], now: Int) throws(ControlError) -> FeedbackReceipt {
        try write { db in
            let join = try TruthJoin(db, now: now)
            var receipt = FeedbackReceipt()
            for item in items { receipt.count(try join.accept(item), at: item.place) }
            try join.finish()
            receipt.rows = join.joinedRows
            return receipt
        }
    }

    func add(
        _ predictions: [(prediction: IndexedPrediction, file: UInt64)], upTo position: LedgerPosition, mayRepeat: Bool,
        now: Int
    ) throws(ControlError) {
        try write { db in
            let meta = IndexMeta(db)
            if let before = try meta.position(), position.file < before.file {
                // Its numbers begin anew once all files are gone; then so are the predictions that were in them.
                try Self.deletePredictions(upTo: .max, db)
                try db.execute(sql: "DELETE FROM file")
            }
            try Self.insert(predictions, mayRepeat: mayRepeat, now: now, db)
            try meta.set(position)
        }
    }

    private static func insert(
        _ predictions: [(prediction: IndexedPrediction, file: UInt64)], mayRepeat: Bool, now: Int, _ db: Database
    ) throws {
        guard !predictions.isEmpty else { return }
        let known = try db.cachedStatement(
            sql: "SELECT 1 FROM prediction WHERE id_low = ? AND id_high = ? AND time = ?")
        let put = try db.cachedStatement(
            sql: """
                INSERT INTO prediction (id_low, id_high, time, version, rows, request, problem, answers)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let putSubject = try db.cachedStatement(
            sql: "INSERT OR IGNORE INTO subject (key, prediction, part) VALUES (?, ?, ?)")
        let bytes = RecordBytes(capacity: 4096)
        let join = try TruthJoin(db, now: now)
        var counts: [Int: (predictions: Int, rows: Int)] = [:]
        var last: [UInt64: Int64] = [:]
        // First the counts of versions, which what waits is added to.
        var taken: [(IndexedPrediction, Int64)] = []
        for (prediction, file) in predictions {
            let id = prediction.id
            if mayRepeat, try Row.fetchOne(known, arguments: [id.storedLow, id.storedHigh, prediction.time]) != nil {
                continue
            }
            var (rows, problem, answers) = (0, Int?.none, Data?.none)
            switch prediction.answer {
            case .success(let read):
                rows = read.count
                answers = bytes.data(read.write)
            case .failure(let failure): problem = Int(failure.kind.rawValue)
            }
            try put.execute(arguments: [
                id.storedLow, id.storedHigh, prediction.time, prediction.version, rows, prediction.request, problem,
                answers,
            ])
            let number = db.lastInsertedRowID
            for (part, key) in prediction.keys.enumerated() {
                if let key { try putSubject.execute(arguments: [key, number, part]) }
            }
            last[file] = number
            counts[prediction.version, default: (0, 0)].predictions += 1
            counts[prediction.version, default: (0, 0)].rows += rows
            if join.hasWaiting { taken.append((prediction, number)) }
        }
        for (version, count) in counts {
            try db.execute(
                sql: """
                    INSERT INTO version (version, predictions, rows, labelled) VALUES (?, ?, ?, 0)
                    ON CONFLICT (version) DO UPDATE SET predictions = predictions + excluded.predictions,
                        rows = rows + excluded.rows
                    """, arguments: [version, count.predictions, count.rows])
        }
        for (file, number) in last {
            try db.execute(
                sql: "INSERT OR REPLACE INTO file (sequence, last) VALUES (?, ?)",
                arguments: [Int(clamping: file), number])
        }
        for (prediction, number) in taken { try join.join(waitingFor: prediction, number: number) }
        try join.finish()
    }
}
