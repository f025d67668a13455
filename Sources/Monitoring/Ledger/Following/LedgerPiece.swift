/// How far somebody has read an endpoint's ledger who goes through it as it grows.
package struct LedgerPosition: Sendable, Hashable {
    /// The number of the file.
    package var file: UInt64
    /// When that file was made. One that was written anew in its place, without rows that were forgotten, has another
    /// moment; offsets of the old one mean nothing in it.
    package var madeAt: Int
    /// Bytes of the file that were read.
    package var offset: Int
    /// Whether rows of this file may have been read before: it was written anew meanwhile, and is read from its beginning.
    package var mayRepeat: Bool

    package init(file: UInt64, madeAt: Int, offset: Int, mayRepeat: Bool = false) {
        self.file = file
        self.madeAt = madeAt
        self.offset = offset
        self.mayRepeat = mayRepeat
    }
}

/// The next rows of a ledger, in the order in which they were written.
package struct LedgerPiece: Sendable {
    /// With the number of the file that each comes from.
    package var rows: [(row: LedgerRow, file: UInt64)]
    /// Behind the last of them; `nil` where nothing was ever written.
    package var position: LedgerPosition?
    /// Whether some of them may have been handed out before.
    package var mayRepeat: Bool
    /// Whether there was nothing more to read.
    package var isLast: Bool
}
