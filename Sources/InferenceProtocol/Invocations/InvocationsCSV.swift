import Tabular
import Tensors

/// Scoring requests in CSV. SageMaker sends no header; MLflow's clients send one.
enum InvocationsCSV {
    /// - Parameter header: whether the first line names the columns; `nil` to tell by whether it is numbers alone.
    static func read(
        _ bytes: UnsafeRawBufferPointer, header: Bool?, _ signature: Signature
    ) throws(JSONProblem) -> [Tensor] {
        let most = RowTable.mostColumns(signature)
        let first = FirstRow(bytes, most: most)
        guard first.cells <= most else { throw RowTable.tooWide(most) }
        let hasHeader = header ?? !first.isNumeric
        var rows = CSVRows(signature: signature, hasNames: hasHeader)
        do throws(TabularError) {
            var reader = CSVRowReader(limits: TabularLimits(columns: most, rowBytes: .max, nameBytes: .max))
            if !hasHeader {
                // The reader wants names; counted ones stand for none.
                let names = (0..<max(1, first.cells)).map { String($0) }.joined(separator: ",") + "\n"
                try Array(names.utf8).withUnsafeBufferPointer { (text) throws(TabularError) in
                    try reader.take(UnsafeRawBufferPointer(text)) { row, names throws(TabularError) in
                        try rows.take(row, names)
                    }
                }
            }
            try reader.take(bytes) { row, names throws(TabularError) in try rows.take(row, names) }
            try reader.finish { row, names throws(TabularError) in try rows.take(row, names) }
        } catch {
            if let problem = rows.problem { throw problem }
            throw rows.problem(of: error)
        }
        return try rows.finished()
    }

    /// What the first line that is not empty looks like.
    private struct FirstRow {
        /// One more than `most` where there are too many to go on counting.
        private(set) var cells = 0
        /// Whether there are numbers in it, and nothing but numbers.
        private(set) var isNumeric = false

        init(_ bytes: UnsafeRawBufferPointer, most: Int) {
            var index = 0
            while index < bytes.count, bytes[index] == UInt8(ascii: "\n") || bytes[index] == UInt8(ascii: "\r") {
                index += 1
            }
            var start = index
            var isQuoted = false
            var numbers = 0
            var others = 0
            while true {
                let byte = index < bytes.count ? bytes[index] : UInt8(ascii: "\n")
                if byte == UInt8(ascii: "\""), index < bytes.count {
                    isQuoted.toggle()
                } else if index >= bytes.count || !isQuoted && (byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\n"))
                {
                    let cell = Array(bytes[start..<index].filter { $0 != UInt8(ascii: "\r") })
                    cells += 1
                    if CellText.isNumber(cell) { numbers += 1 } else if !CSVCell.isMissing(cell[...]) { others += 1 }
                    start = index + 1
                    if byte == UInt8(ascii: "\n") || index >= bytes.count || cells > most { break }
                }
                index += 1
            }
            isNumeric = numbers > 0 && others == 0
        }
    }
}

/// Rows of CSV on their way into a table.
private struct CSVRows {
    private let signature: Signature
    private let hasNames: Bool
    private var table: RowTable?
    private var cell: [UInt8] = []
    /// What ended the reading, where it was not the reader of CSV.
    private(set) var problem: JSONProblem?

    init(signature: Signature, hasNames: Bool) {
        self.signature = signature
        self.hasNames = hasNames
    }

    mutating func take(_ row: RawRow, _ names: [String]) throws(TabularError) {
        do throws(JSONProblem) {
            try read(row, names)
        } catch {
            problem = error
            throw TabularError(line: row.line, "does not fit")
        }
    }

    /// A made-up header is no line of the body.
    private func line(_ number: Int) -> Int { hasNames ? number : number - 1 }

    func problem(of error: TabularError) -> JSONProblem {
        let place = error.line.map { "line \(line($0))" } ?? "the body"
        return JSONProblem("\(place) \(error.problem)" + (error.hint.map { " (\($0))" } ?? ""))
    }

    private mutating func read(_ row: RawRow, _ names: [String]) throws(JSONProblem) {
        if table == nil {
            table = try RowTable(
                columns: hasNames ? names : nil, count: names.count, isNested: false, signature: signature)
        }
        for cell in row.cells {
            do throws(JSONProblem) {
                try read(row.bytes(of: cell), cell)
            } catch {
                let name = hasNames ? "column '\(names[cell.column].prefix(64))'" : "column \(cell.column + 1)"
                throw JSONProblem("line \(line(row.line)), \(name): \(error.sentence)")
            }
        }
        table?.endRow()
    }

    private mutating func read(_ bytes: ArraySlice<UInt8>, _ place: RawRow.Cell) throws(JSONProblem) {
        let type = table?.elementType(of: place.column) ?? .bytes
        if type != .bytes, CSVCell.isMissing(bytes) {
            try table?.readMissing(column: place.column)
            return
        }
        cell.removeAll(keepingCapacity: true)
        CSVCell.write(bytes, as: type, to: &cell)
        let result: Result<Void, JSONProblem> = cell.withUnsafeBytes { text in
            do throws(JSONProblem) {
                guard var cursor = JSONCursor(text) else { throw JSONProblem("the cell is empty") }
                try table?.readCell(&cursor, column: place.column)
                guard cursor.next() == 0, cursor.remaining == 0 else { throw cursor.expected("one value") }
                return .success(())
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }

    func finished() throws(JSONProblem) -> [Tensor] {
        guard let table else { throw JSONProblem("there are no rows") }
        return try table.finished()
    }
}
