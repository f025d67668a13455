package import Journal

/// A data set's rows in memory, by column. All columns have `rowCount` entries.
package struct DataTable: Sendable, Hashable {
    package enum Values: Sendable, Hashable {
        /// `nil` where the value is missing.
        case numbers([Double?])
        case texts([String?])
        case booleans([Bool?])
    }

    package struct Column: Sendable, Hashable {
        package var name: String
        package var values: Values

        package init(name: String, values: Values) {
            self.name = name
            self.values = values
        }
    }

    /// `churn-holdout:2`, and the digest of its bytes.
    package var label: String
    package var sha256: String
    package var rowCount: Int
    package var columns: [Column]

    package init(label: String, sha256: String, rowCount: Int, columns: [Column]) {
        self.label = label
        self.sha256 = sha256
        self.rowCount = rowCount
        self.columns = columns
    }

    /// `nil` when there is no column of that name.
    package func column(_ name: String) -> Column? { columns.first { $0.name == name } }
}

/// Gives the rows of immutable, versioned data sets.
package protocol DataSetReading: Sendable {
    /// - Parameter version: `nil` for the latest.
    /// Throws `notFound` when the space has no such data set, `digestMismatch` when its bytes rotted.
    func table(_ name: String, version: Int?, space: String) async throws(ControlError) -> DataTable
}
