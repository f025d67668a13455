import Tensors

/// Rows that come as objects by the names of their columns, in any order; the first says which columns there are.
struct RecordRows {
    private let signature: Signature
    private var names: [String] = []
    private var table: RowTable?
    /// The column of each name; made when a record is in another order than the first.
    private var columns: [String: Int]?
    /// Where the values of the record at hand begin, by column.
    private var places: [UnsafePointer<UInt8>?] = []

    init(signature: Signature) {
        self.signature = signature
    }

    mutating func read(_ cursor: inout JSONCursor) throws(JSONProblem) {
        let place = (cursor.next(), cursor.offset).1
        let isFirst = table == nil
        if !isFirst {
            for index in places.indices { places[index] = nil }
        }
        var ordinal = 0
        if try cursor.openObject() {
            repeat {
                try readMember(&cursor, ordinal, isFirst: isFirst)
                ordinal += 1
            } while try cursor.objectContinues()
        }
        if isFirst { try begin(cursor, at: place) }
        guard let missing = places.firstIndex(where: { $0 == nil }) else { return try readCells(cursor) }
        throw JSONProblem("this record lacks the column '\(names[missing].prefix(128))'", at: place)
    }

    private mutating func readMember(
        _ cursor: inout JSONCursor, _ ordinal: Int, isFirst: Bool
    ) throws(JSONProblem) {
        let place = (cursor.next(), cursor.offset).1
        let key = try cursor.key()
        let column = isFirst ? ordinal : try column(of: key, ordinal, at: place)
        if isFirst {
            let most = RowTable.mostColumns(signature)
            guard names.count < most else { throw RowTable.tooWide(most).at(place) }
            names.append(key.string)
            places.append(nil)
        }
        guard places[column] == nil else {
            throw JSONProblem("the column '\(names[column].prefix(128))' is given twice", at: place)
        }
        _ = cursor.next()
        places[column] = cursor.at
        try cursor.skipValue(depth: 3)
    }

    private mutating func column(of key: JSONText, _ ordinal: Int, at place: Int) throws(JSONProblem) -> Int {
        // Records are nearly always all in one order.
        if ordinal < names.count, key.equals(names[ordinal]) { return ordinal }
        if columns == nil {
            columns = Dictionary(names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
        }
        let name = key.string
        if let column = columns?[name] { return column }
        throw JSONProblem(RowTable.unknown(name, "the first record has no column", among: names), at: place)
    }

    /// The first record has been met.
    private mutating func begin(_ cursor: JSONCursor, at place: Int) throws(JSONProblem) {
        if Set(names).count < names.count {
            var seen: Set<String> = []
            let twice = names.first { !seen.insert($0).inserted } ?? ""
            throw JSONProblem("the column '\(twice.prefix(128))' is given twice", at: place)
        }
        let isNested = places.first.flatMap { $0 }.map { $0.pointee == UInt8(ascii: "[") } ?? false
        do {
            table = try RowTable(columns: names, count: names.count, isNested: isNested, signature: signature)
        } catch {
            throw error.at(place)
        }
    }

    private mutating func readCells(_ cursor: JSONCursor) throws(JSONProblem) {
        var cell = cursor
        for index in places.indices {
            guard let place = places[index] else { continue }
            cell.at = place
            do {
                try table?.readCell(&cell, column: index)
            } catch {
                throw error.within(String(names[index].prefix(128)))
            }
        }
        table?.endRow()
    }

    func finished() throws(JSONProblem) -> [Tensor] {
        guard let table else { throw JSONProblem("there are no records") }
        return try table.finished()
    }
}
