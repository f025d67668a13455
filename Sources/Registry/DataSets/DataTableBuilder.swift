import Tabular

/// Gathers the rows of a data set by column, as its schema says.
final class DataTableBuilder: RowSink {
    private let schema: DataSetSchema
    private let byName: [String: Int]
    /// For each of the file's columns, its place in the schema; `nil` for one that is none of it.
    private var places: [Int?] = []
    private var columns: [DataTable.Values]
    private var counter = RowCounter()

    init(_ schema: DataSetSchema) {
        self.schema = schema
        byName = Dictionary(
            schema.columns.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
        columns = schema.columns.map { column in
            switch column.type {
            case .number, .integer: .numbers([])
            case .text: .texts([])
            case .boolean: .booleans([])
            }
        }
    }

    func take(_ row: RawRow, _ names: [String]) throws(TabularError) {
        try counter.take(row, columns: names.count)
        for name in names.dropFirst(places.count) { places.append(byName[name]) }
        for cell in row.cells {
            guard let place = places[cell.column] else { continue }
            let value = try TypedCell(cell, of: row, as: schema.columns[place])
            columns[place].fill(to: counter.rows - 1)
            columns[place].append(value)
        }
    }

    func table(label: String, sha256: String) -> DataTable {
        for index in columns.indices { columns[index].fill(to: counter.rows) }
        return DataTable(
            label: label, sha256: sha256, rowCount: counter.rows,
            columns: zip(schema.columns, columns).map { DataTable.Column(name: $0.name, values: $1) })
    }
}

extension DataTable.Values {
    fileprivate var count: Int {
        switch self {
        case .numbers(let values): values.count
        case .texts(let values): values.count
        case .booleans(let values): values.count
        }
    }

    /// Adds missing values until there are `count`: rows of JSON may leave names out.
    fileprivate mutating func fill(to count: Int) {
        while self.count < count { append(.missing) }
    }

    /// The list is taken out of the value while it grows, so that it is not copied.
    fileprivate mutating func append(_ value: TypedCell) {
        switch self {
        case .numbers(var values):
            self = .numbers([])
            if case .number(let number) = value { values.append(number) } else { values.append(nil) }
            self = .numbers(values)
        case .texts(var values):
            self = .texts([])
            if case .text(let text) = value { values.append(text) } else { values.append(nil) }
            self = .texts(values)
        case .booleans(var values):
            self = .booleans([])
            if case .boolean(let flag) = value { values.append(flag) } else { values.append(nil) }
            self = .booleans(values)
        }
    }
}
