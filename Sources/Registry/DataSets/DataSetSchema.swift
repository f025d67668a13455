package import Journal

/// What the values of a column are.
package enum ColumnType: String, Sendable, Hashable, Codable, CaseIterable {
    /// Finite, in the range and precision of a `Double`.
    case number
    /// A number without a fraction.
    case integer
    case text
    /// `true` or `false`, in CSV in any case of letters.
    case boolean
}

/// One column of a data set.
package struct DataSetColumn: Sendable, Hashable, Codable {
    package var name: String
    package var type: ColumnType
    /// In a schema that was given, whether rows may go without; in one that was read out of the file, whether some do.
    package var allowsMissing: Bool

    package init(name: String, type: ColumnType, allowsMissing: Bool) {
        self.name = name
        self.type = type
        self.allowsMissing = allowsMissing
    }
}

/// The columns of a data set, in the order of its file.
package struct DataSetSchema: Sendable, Hashable, Codable {
    package var columns: [DataSetColumn]

    package init(columns: [DataSetColumn]) {
        self.columns = columns
    }

    /// What a caller gave. Throws `invalid` about the field with no or too many columns, an unusable name, or one twice.
    package func validate() throws(ControlError) {
        guard !columns.isEmpty, columns.count <= DataSetLimits.columns else {
            throw ControlError(
                .invalid, "the schema has \(columns.count) columns: 1 to \(DataSetLimits.columns) were expected",
                field: "schema.columns")
        }
        var seen: Set<String> = []
        for (index, column) in columns.enumerated() {
            let field = "schema.columns[\(index)].name"
            let length = column.name.utf8.count
            guard (1...DataSetLimits.nameBytes).contains(length) else {
                throw ControlError(
                    .invalid, "a column's name has \(length) bytes: 1 to \(DataSetLimits.nameBytes) were expected",
                    field: field)
            }
            guard seen.insert(column.name).inserted else {
                throw ControlError(
                    .invalid, "the schema has two columns named '\(Name.excerpt(of: column.name))'", field: field)
            }
        }
    }
}
