import ManagementAPI

/// Data sets in words.
enum DataSetText {
    /// Columns that are listed at most; `--output json` has all.
    private static let mostColumns = 60

    static func facts(_ dataSet: DataSetInfo) -> Facts {
        var facts = Facts()
        facts.add("rows", NumberText.count(dataSet.rows))
        facts.add("columns", columns(dataSet.schema.columns))
        facts.add("size", "\(NumberText.bytes(dataSet.size)), \(dataSet.format.rawValue)")
        facts.add("sha256", dataSet.sha256)
        facts.add(
            "pushed", "\(Age.moment(dataSet.createdAt)) by \(dataSet.createdBy) (\(Age.text(dataSet.createdAt)))")
        return facts
    }

    /// One line for each column, names and types under each other.
    static func columns(_ columns: [DataColumn]) -> [String] {
        let shown = columns.prefix(mostColumns)
        let width = shown.reduce(0) { max($0, $1.name.count) }
        let lines = shown.map { column in
            let padding = String(repeating: " ", count: width - column.name.count + 2)
            return column.name + padding + column.type.rawValue + (column.allowsMissing ? "  (with gaps)" : "")
        }
        return columns.count > mostColumns ? lines + ["and \(columns.count - mostColumns) more"] : lines
    }
}
