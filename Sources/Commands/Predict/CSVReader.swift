/// Comma-separated values as RFC 4180 has them, and as spreadsheets write them: quotes, line feeds in quotes, CRLF, a
/// byte order mark, and semicolons or tabs in place of commas.
enum CSVReader {
    struct Record: Sendable, Hashable {
        var cells: [String]
        /// The line it begins on, from 1.
        var line: Int
    }

    /// The header and the rows; empty lines are passed over.
    ///
    /// - Throws: when a quote is not closed, a row has another number of cells than the header, or a name stands twice.
    static func read(_ text: String, source: String) throws(Failure) -> (header: [String], rows: [Record]) {
        var records = try records(text, source: source)
        guard !records.isEmpty else {
            throw Failure("\(source) is empty", hint: "the first line names the columns, each further line is one row")
        }
        let header = records.removeFirst()
        let names = header.cells.map { trimmed($0) }
        try check(names, source: source)
        for record in records where record.cells.count != names.count {
            throw Failure(
                "\(source), line \(record.line) has \(record.cells.count) cells, the header has \(names.count)",
                hint: "a cell with the separator in it stands in quotes: \"a, b\"")
        }
        return (names, records)
    }

    private static func check(_ names: [String], source: String) throws(Failure) {
        var seen: Set<String> = []
        for (index, name) in names.enumerated() {
            guard seen.insert(name).inserted || name.isEmpty else {
                throw Failure("\(source) has two columns named \(name)", hint: "rename one in the first line")
            }
            guard !name.isEmpty || index == 0 else {
                throw Failure("\(source): column \(index + 1) has no name", hint: "name it in the first line")
            }
        }
        let isCounting = names.enumerated().allSatisfy { $1 == String($0) }
        if !isCounting, names.allSatisfy({ Double($0) != nil }) {
            throw Failure(
                "\(source) begins with numbers, where the names of the columns belong",
                hint: "add a first line with names, for example a,b,c")
        }
    }

    /// The character that stands most often in the first line outside of quotes, of comma, semicolon and tab.
    static func separator(of text: String) -> UInt8 {
        var counts: [UInt8: Int] = [:]
        var quoted = false
        for byte in text.utf8 {
            if byte == UInt8(ascii: "\"") { quoted.toggle() }
            if byte == UInt8(ascii: "\n"), !quoted { break }
            if !quoted { counts[byte, default: 0] += 1 }
        }
        let comma = UInt8(ascii: ",")
        return [UInt8(ascii: ";"), UInt8(ascii: "\t")].reduce(comma) {
            counts[$1, default: 0] > counts[$0, default: 0] ? $1 : $0
        }
    }

    private static func records(_ text: String, source: String) throws(Failure) -> [Record] {
        var scan = Scan(separator: separator(of: text))
        for byte in text.utf8 { scan.take(byte) }
        if let line = scan.finish() {
            throw Failure(
                "\(source): the quote opened on line \(line) is not closed", hint: "close it, or double it: \"\"")
        }
        if let first = scan.records.first?.cells.first, first.hasPrefix("\u{FEFF}") {
            scan.records[0].cells[0] = String(first.unicodeScalars.dropFirst())
        }
        return scan.records
    }

    /// A state machine over bytes; cells keep their bytes as written.
    private struct Scan {
        enum State { case start, plain, quoted, quoteInQuoted }

        let separator: UInt8
        var records: [Record] = []
        private var state = State.start
        private var cell: [UInt8] = []
        private var cells: [String] = []
        private var line = 1
        private var recordLine = 1
        private var quoteLine = 1

        init(separator: UInt8) { self.separator = separator }

        mutating func take(_ byte: UInt8) {
            let newline = UInt8(ascii: "\n")
            defer { if byte == newline { line += 1 } }
            switch (state, byte) {
            case (.start, UInt8(ascii: "\"")):
                state = .quoted
                quoteLine = line
            case (.quoted, UInt8(ascii: "\"")): state = .quoteInQuoted
            case (.quoteInQuoted, UInt8(ascii: "\"")):
                cell.append(byte)
                state = .quoted
            case (.quoted, _): cell.append(byte)
            case (_, separator): endCell()
            case (_, newline): endRecord()
            case (_, UInt8(ascii: "\r")):
                // Half of a line's end; elsewhere outside of quotes it means nothing.
                if state == .start { state = .plain }
            default:
                cell.append(byte)
                state = .plain
            }
        }

        /// The line of a quote that is still open.
        mutating func finish() -> Int? {
            if state == .quoted { return quoteLine }
            if !cell.isEmpty || !cells.isEmpty || state != .start { endRecord() }
            return nil
        }

        private mutating func endCell() {
            cells.append(String(decoding: cell, as: UTF8.self))
            cell.removeAll(keepingCapacity: true)
            state = .start
        }

        private mutating func endRecord() {
            let wasQuoted = state == .quoteInQuoted
            endCell()
            if cells.count > 1 || wasQuoted || !trimmed(cells[0]).isEmpty {
                records.append(Record(cells: cells, line: recordLine))
            }
            cells = []
            recordLine = line + 1
        }
    }
}

/// Without blanks at both ends.
func trimmed(_ text: String) -> String {
    guard let first = text.first, let last = text.last, first.isWhitespace || last.isWhitespace else { return text }
    var rest = text[...]
    while let first = rest.first, first.isWhitespace { rest.removeFirst() }
    while let last = rest.last, last.isWhitespace { rest.removeLast() }
    return String(rest)
}
