package import Journal
import Tabular

/// How a data set's bytes are to be read.
package enum DataSetFormat: String, Sendable, Hashable, Codable, CaseIterable {
    /// Comma-separated values (RFC 4180), UTF-8, with a first line of column names.
    case csv
    /// JSON Lines: one flat object a line, UTF-8.
    case jsonl
}

/// What a data set may have at most. Gates hold its rows in memory, which is what these bounds are for.
package enum DataSetLimits {
    /// Of the file: 512 MiB.
    package static let bytes = 512 << 20
    package static let columns = 4096
    package static let rows = 5_000_000
    /// Rows times columns.
    package static let cells = 20_000_000
    /// Of one row as it stands in the file: 1 MiB.
    package static let rowBytes = 1 << 20
    /// Of a column's name, in UTF-8.
    package static let nameBytes = 256

    static let tabular = TabularLimits(columns: columns, rowBytes: rowBytes, nameBytes: nameBytes)
}

/// One immutable version of a data set. Data sets belong to a space: another space may use the same name for another one.
package struct DataSetVersion: Sendable, Hashable, Codable {
    package let name: String
    /// 1, 2, 3 ... for each data set.
    package let number: Int
    package let space: String
    package let format: DataSetFormat
    /// Of the file's bytes.
    package let sha256: String
    /// Bytes of the file.
    package let size: Int
    package let rowCount: Int
    package let schema: DataSetSchema
    package let createdAt: Timestamp
    /// The id of who pushed it.
    package let createdBy: String

    package init(
        name: String, number: Int, space: String, format: DataSetFormat, sha256: String, size: Int, rowCount: Int,
        schema: DataSetSchema, createdAt: Timestamp, createdBy: String
    ) {
        self.name = name
        self.number = number
        self.space = space
        self.format = format
        self.sha256 = sha256
        self.size = size
        self.rowCount = rowCount
        self.schema = schema
        self.createdAt = createdAt
        self.createdBy = createdBy
    }

    /// `churn-holdout:2`
    package var label: String { "\(name):\(number)" }
}

/// The answer to a push of a data set.
package struct DataSetOutcome: Sendable, Hashable {
    package let version: DataSetVersion
    /// False when a version with the same bytes was there already.
    package let isNew: Bool

    package init(version: DataSetVersion, isNew: Bool) {
        self.version = version
        self.isNew = isNew
    }
}

/// `NAME` or `NAME:VERSION`, as people and policies name a data set.
package struct DataSetReference: Sendable, Hashable, CustomStringConvertible {
    package let name: String
    /// `nil` for the latest.
    package let version: Int?

    /// `nil` when the text is no such reference.
    package init?(_ text: String) {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard let name = parts.first, Name.isValid(String(name)) else { return nil }
        self.name = String(name)
        guard parts.count == 2 else {
            version = nil
            return
        }
        guard let number = Int(parts[1]), number > 0, parts[1].first != "+" else { return nil }
        version = number
    }

    package var description: String { version.map { "\(name):\($0)" } ?? name }
}
