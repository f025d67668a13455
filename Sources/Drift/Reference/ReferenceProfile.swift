package import Serving

/// What a file of rows says of each of its columns: the reference that is pushed with a version, instead of the rows
/// themselves. A column is there as numbers and as texts, since what a model takes for which is known only to its
/// signature.
package struct ReferenceProfile: Sendable, Hashable {
    /// The path inside a version.
    package static let fileName = "reference.profile"
    /// Bytes of a profile at most, and its columns.
    package static let maximumBytes = 32 << 20
    package static let maximumColumns = 1024
    /// A column whose name begins so is an output's.
    static let outputPrefix = "output:"

    package struct Column: Sendable, Hashable {
        package var name: String
        /// Of the cells that are numbers, or true and false as 1 and 0.
        var numbers: NumberReference
        /// Cells that are none, and the first of them with its line.
        var unreadable: Int
        var firstUnreadable: String
        var texts: TextReference
        /// Of the texts, in bytes.
        var lengths: NumberReference
    }

    package var rows: Int
    package var columns: [Column]

    // MARK: as a file

    package var encoded: [UInt8] {
        let bytes = RecordBytes()
        CheckedFile.write(.profile, into: bytes) { bytes in
            bytes.writeCount(rows)
            bytes.writeCount(columns.count)
            for column in columns { column.write(into: bytes) }
        }
        return Array(bytes.bytes)
    }

    package init(rows: Int, columns: [Column]) {
        self.rows = rows
        self.columns = columns
    }

    /// Throws `MalformedRecord` for bytes that are no profile.
    package init(_ file: [UInt8]) throws(MalformedRecord) {
        let result: Result<Self, MalformedRecord> = file.withUnsafeBytes { bytes in
            do throws(MalformedRecord) { return .success(try Self(file: UnsafeRawBufferPointer(bytes))) } catch {
                return .failure(error)
            }
        }
        self = try result.get()
    }

    private init(file: UnsafeRawBufferPointer) throws(MalformedRecord) {
        guard let (payload, _) = CheckedFile.payload(.profile, of: file) else {
            throw MalformedRecord("it is no reference profile, or damaged")
        }
        var cursor = RecordCursor(payload)
        rows = try cursor.tally()
        columns = []
        for _ in 0..<(try cursor.count(atMost: Self.maximumColumns)) { columns.append(try Column(&cursor)) }
        guard cursor.isAtEnd else { throw MalformedRecord("something follows the columns") }
        guard Set(columns.map(\.name)).count == columns.count else { throw MalformedRecord("two columns of one name") }
    }
}

extension ReferenceProfile.Column {
    fileprivate func write(into bytes: RecordBytes) {
        bytes.writeShort(name)
        numbers.write(into: bytes)
        bytes.writeCount(unreadable)
        bytes.writeShort(firstUnreadable)
        texts.write(into: bytes)
        lengths.write(into: bytes)
    }

    fileprivate init(_ cursor: inout RecordCursor) throws(MalformedRecord) {
        name = try cursor.text(atMost: 1024)
        numbers = try NumberReference(&cursor)
        unreadable = try cursor.tally()
        firstUnreadable = try cursor.text(atMost: 256)
        texts = try TextReference(&cursor)
        lengths = try NumberReference(&cursor)
    }
}
