/// Rows of cells to predict for, from a CSV file or a JSON array.
struct Rows: Sendable, Hashable {
    /// The columns' names; absent where rows are plain arrays.
    var columns: [String]?
    var cells: [[String]]
    /// The line of each row, where it came from a file with lines.
    var lines: [Int]?

    var columnCount: Int { columns?.count ?? cells.first?.count ?? 0 }

    init(columns: [String]?, cells: [[String]], lines: [Int]? = nil) {
        self.columns = columns
        self.cells = cells
        self.lines = lines
    }

    init(csv text: String, source: String) throws(Failure) {
        let (header, records) = try CSVReader.read(text, source: source)
        guard !records.isEmpty else {
            throw Failure("\(source) has a header and no rows", hint: "add a line for each row to predict for")
        }
        self.init(columns: header, cells: records.map(\.cells), lines: records.map(\.line))
    }

    /// Where a cell is, for people: `row 3 (line 4), column age`.
    func place(row: Int, column: Int) -> String {
        var place = "row \(row + 1)"
        if let lines { place += " (line \(lines[row]))" }
        return place + ", column \(name(column))"
    }

    func name(_ column: Int) -> String {
        guard let name = columns?[column] else { return String(column + 1) }
        return name.isEmpty ? "\(column + 1)" : name
    }
}
