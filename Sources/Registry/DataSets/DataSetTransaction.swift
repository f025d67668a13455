package import Journal

/// A version of a data set that is about to be stored.
package struct DataSetDraft: Sendable, Hashable {
    package var name: String
    package var space: String
    /// The data set's latest number and one.
    package var number: Int
    package var format: DataSetFormat
    package var sha256: String
    /// Bytes of the file.
    package var size: Int
    package var rowCount: Int
    package var schema: DataSetSchema

    package init(
        name: String, space: String, number: Int, format: DataSetFormat, sha256: String, size: Int, rowCount: Int,
        schema: DataSetSchema
    ) {
        self.name = name
        self.space = space
        self.number = number
        self.format = format
        self.sha256 = sha256
        self.size = size
        self.rowCount = rowCount
        self.schema = schema
    }
}

/// What data sets need of the database.
package protocol DataSetTransaction {
    func hasSpace(_ name: String) throws -> Bool
    /// The blobs of these that the space holds, with their sizes.
    func heldBlobs(_ digests: Set<String>, space: String) throws -> [String: Int]

    /// The highest number there ever was of the space's data set; `nil` when there is none of this name.
    func latestDataSetNumber(_ name: String, space: String) throws -> Int?
    /// The version of the space's data set with these bytes.
    func dataSet(_ name: String, sha256: String, space: String) throws -> DataSetVersion?
    /// The latest version when `number` is `nil`.
    func dataSet(_ name: String, number: Int?, space: String) throws -> DataSetVersion?
    /// Newest first, those older than `before`, at most `limit`.
    func dataSetVersions(_ name: String, space: String, before: Int?, limit: Int) throws -> [DataSetVersion]
    /// The latest version of each, in the order of names, those after `after`, at most `limit`.
    func dataSets(space: String, after: String?, limit: Int) throws -> [DataSetVersion]

    /// Stores the version; the data set itself when it is the first.
    func insertDataSet(_ draft: DataSetDraft, by principal: Principal) throws
}

/// Where data sets are kept.
package typealias DataSetUnitOfWork = any UnitOfWork<any DataSetTransaction>

/// Reads stored bytes again.
package protocol BlobReading: Sendable {
    /// Passes the blob's bytes on, a piece at a time, and hashes them on the way; blocks.
    ///
    /// What `body` throws is thrown once the rest was hashed too. Throws `digestMismatch` before anything else when the
    /// bytes are not those that were stored, or not there.
    func readBlob(
        _ sha256: String, _ body: (UnsafeRawBufferPointer) throws(ControlError) -> Void
    ) throws(ControlError)
}
