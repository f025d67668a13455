/// What is wrong with a file of rows, and where.
package struct TabularError: Error, Sendable, Hashable {
    /// From 1; `nil` where it is about the file as a whole.
    package let line: Int?
    /// What follows after `line 7` or the name of the file: `has 3 cells, the header has 2`.
    package let problem: String
    /// What to do about it.
    package let hint: String?
    /// Whether it is more than is taken, rather than wrong.
    package let isTooMuch: Bool

    package init(line: Int?, _ problem: String, hint: String? = nil, isTooMuch: Bool = false) {
        self.line = line
        self.problem = problem
        self.hint = hint
        self.isTooMuch = isTooMuch
    }
}

/// How much a file of rows may hold. What exceeds them is refused with its line, before it takes memory.
package struct TabularLimits: Sendable, Hashable {
    package var columns: Int
    /// Of one row as it stands in the file, quotes and line feeds in it included.
    package var rowBytes: Int
    /// Of a column's name, in UTF-8.
    package var nameBytes: Int

    package init(columns: Int = 4096, rowBytes: Int = 1 << 20, nameBytes: Int = 256) {
        self.columns = columns
        self.rowBytes = rowBytes
        self.nameBytes = nameBytes
    }

    /// For files that are as large as their reader lets them be.
    package static let none = TabularLimits(columns: .max, rowBytes: .max, nameBytes: .max)
}
