/// How a data set's file is to be read.
public enum DataFileFormat: String, Codable, Sendable, Hashable, CaseIterable {
    /// Comma-separated values (RFC 4180), UTF-8, with a first line of column names.
    case csv
    /// JSON Lines: one flat object a line, UTF-8.
    case jsonl
}

/// What the values of a column are.
public enum DataColumnType: String, Codable, Sendable, Hashable, CaseIterable {
    case number, integer, text, boolean
}

/// One column of a data set.
public struct DataColumn: Codable, Sendable, Hashable {
    public var name: String
    public var type: DataColumnType
    /// In a schema that was given, whether rows may go without; in one that was read out of the file, whether some do.
    public var allowsMissing: Bool

    public init(name: String, type: DataColumnType, allowsMissing: Bool) {
        self.name = name
        self.type = type
        self.allowsMissing = allowsMissing
    }
}

/// The columns of a data set, in the order of its file.
public struct DataSchema: Codable, Sendable, Hashable {
    public var columns: [DataColumn]

    public init(columns: [DataColumn]) {
        self.columns = columns
    }
}

/// Asks for a version of a data set, made of a file whose bytes were uploaded before.
public struct DataSetPushRequest: Codable, Sendable, Hashable {
    public var name: String
    /// Of the file, 64 hexadecimal digits.
    public var sha256: String
    /// Bytes.
    public var size: Int
    public var format: DataFileFormat
    /// What the columns must be; absent, the server reads it out of the file.
    public var schema: DataSchema?

    public init(name: String, sha256: String, size: Int, format: DataFileFormat, schema: DataSchema? = nil) {
        self.name = name
        self.sha256 = sha256
        self.size = size
        self.format = format
        self.schema = schema
    }
}

/// One immutable version of a data set.
public struct DataSetInfo: Codable, Sendable, Hashable {
    public var name: String
    public var version: Int
    public var space: String
    public var format: DataFileFormat
    /// Of the file.
    public var sha256: String
    /// Bytes of the file.
    public var size: Int
    public var rows: Int
    public var schema: DataSchema
    /// RFC 3339, UTC.
    public var createdAt: String
    public var createdBy: String

    public init(
        name: String, version: Int, space: String, format: DataFileFormat, sha256: String, size: Int, rows: Int,
        schema: DataSchema, createdAt: String, createdBy: String
    ) {
        self.name = name
        self.version = version
        self.space = space
        self.format = format
        self.sha256 = sha256
        self.size = size
        self.rows = rows
        self.schema = schema
        self.createdAt = createdAt
        self.createdBy = createdBy
    }
}

/// The answer to a push of a data set.
public struct DataSetPushResponse: Codable, Sendable, Hashable {
    public var dataSet: DataSetInfo
    /// False when a version with the same bytes was there already; `dataSet` is that one.
    public var isNew: Bool

    public init(dataSet: DataSetInfo, isNew: Bool) {
        self.dataSet = dataSet
        self.isNew = isNew
    }
}

/// What a data gate asks of one column. What is absent demands nothing.
public struct DataColumnRule: Codable, Sendable, Hashable {
    public var name: String
    public var type: DataColumnType?
    public var min: Double?
    public var max: Double?
    /// Of all rows: 0 to 1.
    public var maxMissingShare: Double?
    /// The values that there may be.
    public var allowed: [String]?

    public init(
        name: String, type: DataColumnType? = nil, min: Double? = nil, max: Double? = nil,
        maxMissingShare: Double? = nil, allowed: [String]? = nil
    ) {
        self.name = name
        self.type = type
        self.min = min
        self.max = max
        self.maxMissingShare = maxMissingShare
        self.allowed = allowed
    }
}

/// Rules for a data gate, read out of a data set: to be edited and put into a policy.
public struct DataRules: Codable, Sendable, Hashable {
    /// The version that they were read out of: `customers:2`. In a policy, `dataset` names what is to be checked.
    public var dataset: String
    public var columns: [DataColumnRule]
    public var onlyTheseColumns: Bool?
    public var minRows: Int?
    public var maxRows: Int?
    /// Of rows that are equal to an earlier one: 0 to 1.
    public var maxDuplicateShare: Double?

    public init(
        dataset: String, columns: [DataColumnRule], onlyTheseColumns: Bool? = nil, minRows: Int? = nil,
        maxRows: Int? = nil, maxDuplicateShare: Double? = nil
    ) {
        self.dataset = dataset
        self.columns = columns
        self.onlyTheseColumns = onlyTheseColumns
        self.minRows = minRows
        self.maxRows = maxRows
        self.maxDuplicateShare = maxDuplicateShare
    }
}
