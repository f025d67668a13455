import Tabular

/// A CSV file in memory, read as the server reads data sets.
enum CSVReader {
    struct Record: Sendable, Hashable {
        var cells: [String]
        /// The line it begins on, from 1.
        var line: Int
    }

    /// The header and the rows; empty lines are passed over. The first column may go without a name.
    ///
    /// - Throws: what `CSVRowReader` refuses: a quote that is not closed, a row with another number of cells than the header,
    ///   a name that stands twice.
    static func read(_ text: String, source: String) throws(Failure) -> (header: [String], rows: [Record]) {
        var reader = CSVRowReader(limits: .none, firstMayBeNameless: true)
        var rows: [Record] = []
        func keep(_ row: RawRow, _ names: [String]) {
            rows.append(Record(cells: row.cells.map { row.text(of: $0) }, line: row.line))
        }
        do throws(TabularError) {
            let bytes = Array(text.utf8)
            try bytes.withUnsafeBufferPointer { (bytes) throws(TabularError) in
                try reader.take(UnsafeRawBufferPointer(bytes), keep)
            }
            try reader.finish(keep)
        } catch {
            let place = error.line.map { ", line \($0)" } ?? ""
            throw Failure("\(source)\(place) \(error.problem)", hint: error.hint)
        }
        return (reader.names, rows)
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
