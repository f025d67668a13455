import Tabular

/// One pass over the rows of a data set, in memory that does not grow with them: counts them and finds the schema out, or
/// holds them against the one that was given.
final class DataSetScan: RowSink {
    private let format: DataSetFormat
    private let given: GivenColumns?
    private var profiles: [ColumnProfile] = []
    private var counter = RowCounter()

    init(format: DataSetFormat, given: DataSetSchema? = nil) {
        self.format = format
        self.given = given.map(GivenColumns.init)
    }

    var rowCount: Int { counter.rows }

    func take(_ row: RawRow, _ names: [String]) throws(TabularError) {
        try counter.take(row, columns: names.count)
        if let given { return try given.take(row, names, format) }
        while profiles.count < names.count { profiles.append(ColumnProfile()) }
        for cell in row.cells {
            let meaning = CellText.meaning(of: row.bytes(of: cell), form: cell.form)
            profiles[cell.column].take(meaning, form: cell.form, line: row.line)
        }
    }

    /// What the columns are, once all rows were taken.
    func schema(_ names: [String]) throws(TabularError) -> DataSetSchema {
        guard rowCount > 0 else {
            throw TabularError(line: nil, "has a header and no rows", hint: "add a line for each row")
        }
        if let given { return given.schema }
        var columns: [DataSetColumn] = []
        for (name, profile) in zip(names, profiles) {
            columns.append(try profile.resolve(name: name, rows: rowCount, format: format))
        }
        return DataSetSchema(columns: columns)
    }
}

/// Holds rows against a schema that was given.
final class GivenColumns {
    let schema: DataSetSchema
    private let byName: [String: Int]
    /// For each of the file's columns, its place in the schema.
    private var places: [Int] = []
    /// For each column of the schema, the number of the row in which it last had a value.
    private var lastValue: [Int]
    private var row = 0

    init(_ schema: DataSetSchema) {
        self.schema = schema
        byName = Dictionary(
            schema.columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        lastValue = Array(repeating: 0, count: schema.columns.count)
    }

    func take(_ row: RawRow, _ names: [String], _ format: DataSetFormat) throws(TabularError) {
        for name in names.dropFirst(places.count) {
            guard let place = byName[name] else {
                throw TabularError(
                    line: format == .csv ? nil : row.line, "has a column '\(name)', which the schema does not have")
            }
            places.append(place)
        }
        if format == .csv, self.row == 0 {
            let missing = schema.columns.first { !names.contains($0.name) }
            if let missing {
                throw TabularError(line: nil, "has no column '\(missing.name)', which the schema has")
            }
        }
        self.row += 1
        for cell in row.cells {
            let place = places[cell.column]
            if case .missing = try TypedCell(cell, of: row, as: schema.columns[place]) { continue }
            lastValue[place] = self.row
        }
        for (column, last) in zip(schema.columns, lastValue) where !column.allowsMissing && last < self.row {
            throw TabularError(
                line: row.line, "has no value of '\(column.name)', which the schema asks for",
                hint: "mend the row, or let the column be missing: \"allowsMissing\": true")
        }
    }
}

/// Counts rows and cells, and refuses more than a gate could hold.
struct RowCounter {
    private(set) var rows = 0

    mutating func take(_ row: RawRow, columns: Int) throws(TabularError) {
        rows += 1
        guard rows <= DataSetLimits.rows else {
            throw TabularError(line: row.line, "is a row too many: at most \(DataSetLimits.rows)", isTooMuch: true)
        }
        let (cells, overflow) = rows.multipliedReportingOverflow(by: columns)
        guard !overflow, cells <= DataSetLimits.cells else {
            throw TabularError(
                line: row.line, "brings the file to more than \(DataSetLimits.cells) cells (rows times columns)",
                hint: "leave out columns that are not needed, or take a sample of the rows", isTooMuch: true)
        }
    }
}
