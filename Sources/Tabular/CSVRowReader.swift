/// Comma-separated values as RFC 4180 has them, and as spreadsheets write them: quotes, line feeds in quotes, CRLF, a byte
/// order mark, and semicolons or tabs in place of commas. The first line names the columns; empty lines are passed over.
///
/// Refused, with the line: a quote that is never closed, text after a closing quote, a row with another number of cells
/// than the header, NUL bytes, a carriage return that ends no line, bytes that are not UTF-8, and what exceeds the limits.
package struct CSVRowReader: RowReader {
    private enum State { case cell, plain, quoted, quoteInQuoted, afterReturn }

    package private(set) var names: [String] = []

    private let limits: TabularLimits
    private let firstMayBeNameless: Bool
    /// What came before the separator was known.
    private var head: [UInt8] = []
    private var separator: UInt8?
    private var state = State.cell
    private var row = RawRow()
    private var cellStart = 0
    private var form = RawRow.Form.bare
    private var line = 1
    private var quoteLine = 1
    /// Of the row so far, as it stands in the file.
    private var length = 0
    private var isASCII = true
    private var hasHeader = false

    /// - Parameter firstMayBeNameless: whether the first column may have an empty name, as data frames write their index.
    package init(limits: TabularLimits = TabularLimits(), firstMayBeNameless: Bool = false) {
        self.limits = limits
        self.firstMayBeNameless = firstMayBeNameless
    }

    package mutating func take(
        _ piece: UnsafeRawBufferPointer, _ body: (RawRow, [String]) throws(TabularError) -> Void
    ) throws(TabularError) {
        guard separator == nil else { return try scan(piece, body) }
        head.append(contentsOf: piece)
        if CSVSeparator.headerIsComplete(head) || head.count > limits.rowBytes { try begin(body) }
    }

    package mutating func finish(_ body: (RawRow, [String]) throws(TabularError) -> Void) throws(TabularError) {
        if separator == nil { try begin(body) }
        if state == .quoted {
            throw TabularError(
                line: quoteLine, "opens a quote that is never closed", hint: "close it, or double it: \"\"")
        }
        if state != .cell || !row.cells.isEmpty { try endRow(body) }
        guard hasHeader else {
            throw TabularError(
                line: nil, "is empty", hint: "the first line names the columns, each further line is one row")
        }
    }

    /// Scans what was held back until the separator could be told.
    private mutating func begin(_ body: (RawRow, [String]) throws(TabularError) -> Void) throws(TabularError) {
        if head.starts(with: [0xFF, 0xFE]) || head.starts(with: [0xFE, 0xFF]) {
            throw TabularError(line: 1, "is UTF-16, not UTF-8", hint: "save the file as UTF-8")
        }
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        let text = head.starts(with: mark) ? Array(head.dropFirst(mark.count)) : head
        head = []
        separator = CSVSeparator.of(text)
        try text.withUnsafeBufferPointer { (bytes) throws(TabularError) in
            try scan(UnsafeRawBufferPointer(bytes), body)
        }
    }

    private mutating func scan(
        _ piece: UnsafeRawBufferPointer, _ body: (RawRow, [String]) throws(TabularError) -> Void
    ) throws(TabularError) {
        let separator = separator ?? UInt8(ascii: ",")
        for byte in piece {
            length += 1
            guard length <= limits.rowBytes else {
                throw TabularError(
                    line: row.line, "begins a row of more than \(limits.rowBytes) bytes",
                    hint: "is a quote open that should not be?", isTooMuch: true)
            }
            try step(byte, separator, body)
        }
    }

    private mutating func step(
        _ byte: UInt8, _ separator: UInt8, _ body: (RawRow, [String]) throws(TabularError) -> Void
    ) throws(TabularError) {
        let quote = UInt8(ascii: "\"")
        switch state {
        case .quoted:
            if byte == quote { state = .quoteInQuoted } else { try keep(byte) }
            if byte == UInt8(ascii: "\n") { line += 1 }
        case .cell where byte == quote:
            state = .quoted
            form = .quoted
            quoteLine = line
        case .quoteInQuoted where byte == quote:
            try keep(byte)
            state = .quoted
        case .afterReturn where byte != UInt8(ascii: "\n"):
            throw TabularError(
                line: line, "has a carriage return that ends no line", hint: "lines end with LF or CRLF")
        default: try stepOutsideOfQuotes(byte, separator, body)
        }
    }

    private mutating func stepOutsideOfQuotes(
        _ byte: UInt8, _ separator: UInt8, _ body: (RawRow, [String]) throws(TabularError) -> Void
    ) throws(TabularError) {
        switch byte {
        case separator: try endCell()
        case UInt8(ascii: "\n"):
            try endRow(body)
            line += 1
            row.line = line
        case UInt8(ascii: "\r"): state = .afterReturn
        case _ where state == .quoteInQuoted:
            throw TabularError(
                line: line, "goes on after a closing quote",
                hint: "a quote inside of a quoted cell is doubled: \"she said \"\"no\"\"\"")
        default:
            try keep(byte)
            state = .plain
        }
    }

    private mutating func keep(_ byte: UInt8) throws(TabularError) {
        guard byte != 0 else {
            throw TabularError(line: line, "has a NUL byte", hint: "is it a text file?")
        }
        if byte >= 0x80 { isASCII = false }
        row.bytes.append(byte)
    }

    private mutating func endCell() throws(TabularError) {
        guard row.cells.count < limits.columns else {
            throw TabularError(line: row.line, "has more than \(limits.columns) cells", isTooMuch: true)
        }
        row.cells.append(
            RawRow.Cell(column: row.cells.count, start: cellStart, end: row.bytes.count, form: form))
        cellStart = row.bytes.count
        form = .bare
        state = .cell
    }

    private mutating func endRow(_ body: (RawRow, [String]) throws(TabularError) -> Void) throws(TabularError) {
        try endCell()
        defer {
            row.clear()
            cellStart = 0
            length = 0
            isASCII = true
        }
        if row.cells.count == 1, row.cells[0].form == .bare, row.bytes.allSatisfy(Self.isBlank) { return }
        guard isASCII || UTF8Check.isValid(row.bytes) else {
            throw TabularError(line: row.line, "is not UTF-8", hint: "save the file as UTF-8")
        }
        guard hasHeader else {
            hasHeader = true
            names = try header()
            return
        }
        guard row.cells.count == names.count else {
            throw TabularError(
                line: row.line, "has \(row.cells.count) cells, the header has \(names.count)",
                hint: "a cell with the separator in it stands in quotes: \"a, b\"")
        }
        try body(row, names)
    }

    private func header() throws(TabularError) -> [String] {
        var names: [String] = []
        var seen: Set<String> = []
        for cell in row.cells {
            let name = ColumnNames.trimmed(row.text(of: cell))
            try ColumnNames.check(name, line: row.line, limits)
            guard !name.isEmpty || (cell.column == 0 && firstMayBeNameless) else {
                throw TabularError(
                    line: nil, "has no name for column \(cell.column + 1)",
                    hint: "name it in the first line; pandas: to_csv(path, index=False)")
            }
            guard seen.insert(name).inserted else {
                throw TabularError(
                    line: nil, "has two columns named \(ColumnNames.excerpt(name))",
                    hint: "rename one in the first line")
            }
            names.append(name)
        }
        let isCounting = names.enumerated().allSatisfy { $1 == String($0) }
        if !isCounting, names.allSatisfy({ CellText.isNumber($0.utf8) }) {
            throw TabularError(
                line: nil, "begins with numbers, where the names of the columns belong",
                hint: "add a first line with names, for example a,b,c")
        }
        return names
    }

    private static func isBlank(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
}

/// Which character separates the cells of a CSV file.
enum CSVSeparator {
    /// Whether the first line that says anything has come with its end.
    static func headerIsComplete(_ text: [UInt8]) -> Bool {
        var quoted = false
        var isBlank = true
        for byte in text {
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            if byte == UInt8(ascii: "\n"), !quoted, !isBlank { return true }
            if byte > 0x20 { isBlank = false }
        }
        return false
    }

    /// The one that stands most often in the first line outside of quotes, of comma, semicolon and tab.
    static func of(_ text: [UInt8]) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var quoted = false
        var isBlank = true
        for byte in text {
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            if byte == UInt8(ascii: "\n"), !quoted, !isBlank { break }
            if byte > 0x20 { isBlank = false }
            if !quoted { counts[byte, default: 0] += 1 }
        }
        return [UInt8(ascii: ";"), UInt8(ascii: "\t")].reduce(UInt8(ascii: ",")) {
            counts[$1, default: 0] > counts[$0, default: 0] ? $1 : $0
        }
    }
}
