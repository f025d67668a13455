/// One row as it stands in a file: the bytes of its cells one after another, unescaped, and where each begins and ends. A
/// reader makes one and fills it again for each row.
package struct RawRow: Sendable, Hashable {
    /// How a cell was written, which decides what it may mean.
    package enum Form: Sendable, Hashable {
        /// A CSV cell without quotes; a number, `true` or `false` in JSON.
        case bare
        /// A CSV cell in quotes.
        case quoted
        /// A JSON string: text, whatever it looks like.
        case string
        /// JSON's `null`.
        case null
    }

    package struct Cell: Sendable, Hashable {
        /// Index into the reader's `names`.
        package let column: Int
        package let start: Int
        package let end: Int
        package let form: Form
    }

    /// The line on which it begins, from 1.
    package internal(set) var line = 1
    package internal(set) var bytes: [UInt8] = []
    package internal(set) var cells: [Cell] = []

    package init() {}

    /// The cell's bytes, which are UTF-8.
    package func bytes(of cell: Cell) -> ArraySlice<UInt8> { bytes[cell.start..<cell.end] }

    package func text(of cell: Cell) -> String { String(decoding: bytes(of: cell), as: UTF8.self) }

    mutating func clear() {
        bytes.removeAll(keepingCapacity: true)
        cells.removeAll(keepingCapacity: true)
    }
}

/// Reads rows out of bytes that come in pieces of any size. Memory is bounded by the limits it was made with, never by the
/// file. After an error a reader is over.
package protocol RowReader: Sendable {
    /// The columns that were met so far, in the order of the file.
    var names: [String] { get }

    /// Passes on each row that ends in this piece, with the names of the columns that are known by then.
    mutating func take(
        _ piece: UnsafeRawBufferPointer, _ body: (RawRow, [String]) throws(TabularError) -> Void
    ) throws(TabularError)

    /// The file has ended: passes on the last row, if it has no line feed.
    mutating func finish(_ body: (RawRow, [String]) throws(TabularError) -> Void) throws(TabularError)
}

enum UTF8Check {
    static func isValid(_ bytes: some Sequence<UInt8>) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
}
