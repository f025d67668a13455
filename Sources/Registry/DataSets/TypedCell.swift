import Tabular

/// A cell read as its column's type wants it.
enum TypedCell {
    case missing
    case number(Double)
    case text(String)
    case boolean(Bool)

    /// Throws, with line and column, where the cell cannot be read so.
    init(_ cell: RawRow.Cell, of row: RawRow, as column: DataSetColumn) throws(TabularError) {
        let meaning = CellText.meaning(of: row.bytes(of: cell), form: cell.form)
        if column.type == .text {
            self = meaning == .missing ? .missing : .text(row.text(of: cell))
            return
        }
        switch (column.type, meaning) {
        case (_, .missing), (_, .emptyText), (_, .missingWord): self = .missing
        case (.number, .number(let value)), (.number, .integer(let value)), (.number, .largeInteger(let value)),
            (.integer, .integer(let value)):
            self = .number(value)
        // What pandas writes once a column of integers has a gap: 3.0.
        case (.integer, .number(let value)) where value == value.rounded() && abs(value) <= CellText.largestExact:
            self = .number(value)
        case (.boolean, .boolean(let value)): self = .boolean(value)
        default:
            let text = row.text(of: cell).unicodeScalars.prefix(32).map { $0.value < 0x20 ? "?" : String($0) }.joined()
            throw TabularError(
                line: row.line, "has '\(text)' as '\(column.name)', which is no \(column.type.rawValue)",
                hint: "mend the row, or give the column another type in the schema")
        }
    }
}
