package import Tabular

/// Makes a profile of a file of rows, CSV or JSON Lines, a piece at a time: in memory that depends on the columns, not on
/// the rows.
package struct ReferenceReader {
    private var reader: any RowReader
    private var columns = ReferenceColumns()

    /// - Parameter isCSV: else JSON Lines.
    package init(isCSV: Bool) {
        let limits = TabularLimits(columns: ReferenceProfile.maximumColumns)
        reader = isCSV ? CSVRowReader(limits: limits) : JSONLRowReader(limits: limits)
    }

    package mutating func take(_ piece: UnsafeRawBufferPointer) throws(TabularError) {
        let columns = columns
        try reader.take(piece) { (row, names) throws(TabularError) in columns.take(row, names) }
    }

    /// The file has ended.
    package mutating func finish() throws(TabularError) -> ReferenceProfile {
        let columns = columns
        try reader.finish { (row, names) throws(TabularError) in columns.take(row, names) }
        guard columns.rows > 0 else {
            throw TabularError(line: nil, "has a header and no rows", hint: "add a line for each row")
        }
        return columns.profile(reader.names)
    }
}

/// The columns that are being counted.
private final class ReferenceColumns {
    /// Numbers of a column that are kept as they are: see `QuantileSketch`.
    private static let capacity = 4096

    private struct Column {
        var numbers = ReferenceBuilder(isText: false, capacity: ReferenceColumns.capacity)
        var lengths = ReferenceBuilder(isText: false, capacity: ReferenceColumns.capacity)
        var texts = ReferenceBuilder(isText: true)
        var unreadable = 0
        var firstUnreadable = ""
        var cells = 0
        /// Numbers of more different values than are told apart as texts: nobody's categories.
        var isMeasured: Bool { unreadable == 0 && !texts.texts.isExact }
    }

    private var columns: [Column] = []
    private(set) var rows = 0

    func take(_ row: RawRow, _ names: [String]) {
        while columns.count < names.count { columns.append(Column()) }
        rows += 1
        for cell in row.cells { take(row.bytes(of: cell), cell, line: row.line) }
    }

    private func take(_ bytes: ArraySlice<UInt8>, _ cell: RawRow.Cell, line: Int) {
        let meaning = CellText.meaning(of: bytes, form: cell.form)
        columns[cell.column].cells += 1
        switch meaning {
        case .missing, .emptyText: addMissing(cell.column)
        case .missingWord:
            columns[cell.column].numbers.add(.nan)
            addText(bytes, cell.column)
        case .boolean(let flag): add(flag ? 1 : 0, bytes, cell.column)
        case .integer(let number), .largeInteger(let number), .number(let number): add(number, bytes, cell.column)
        case .notFinite: add(.infinity, bytes, cell.column)
        case .text:
            if columns[cell.column].unreadable == 0 {
                let text = String(decoding: bytes.prefix(40), as: UTF8.self)
                columns[cell.column].firstUnreadable = "line \(line): '\(text)'"
            }
            columns[cell.column].unreadable += 1
            addText(bytes, cell.column)
        }
    }

    private func addMissing(_ column: Int) {
        columns[column].numbers.add(.nan)
        columns[column].texts.add("")
        columns[column].lengths.add(0)
    }

    private func add(_ number: Double, _ bytes: ArraySlice<UInt8>, _ column: Int) {
        columns[column].numbers.add(number)
        if !columns[column].isMeasured { addText(bytes, column) }
    }

    private func addText(_ bytes: ArraySlice<UInt8>, _ column: Int) {
        bytes.withUnsafeBytes { columns[column].texts.add(TextKey.text(UnsafeRawBufferPointer($0))) }
        columns[column].lengths.add(Double(bytes.count))
    }

    func profile(_ names: [String]) -> ReferenceProfile {
        var made: [ReferenceProfile.Column] = []
        for (name, column) in zip(names, columns) {
            var column = column
            // Of JSON Lines a row need not have all of them.
            for _ in column.cells..<max(column.cells, rows) {
                column.numbers.add(.nan)
                column.texts.add("")
                column.lengths.add(0)
            }
            guard case .numbers(let numbers) = column.numbers.reference,
                case .numbers(let lengths) = column.lengths.reference,
                case .texts(let texts) = column.texts.reference
            else { continue }
            made.append(
                ReferenceProfile.Column(
                    name: name, numbers: numbers, unreadable: column.unreadable,
                    firstUnreadable: column.firstUnreadable, texts: texts, lengths: lengths))
        }
        return ReferenceProfile(rows: rows, columns: made)
    }
}
