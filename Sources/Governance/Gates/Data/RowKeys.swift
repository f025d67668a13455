import Registry

/// What stands for one row: equal rows have equal keys, and others, but for one chance in 2^64 times as many, another one.
struct RowKey: Hashable, Sendable {
    private let first: Int
    private let second: Int

    /// Two hashes that begin differently, so that rows which meet in one do not in the other.
    init(row: Int, of columns: [DataTable.Column]) {
        var first = Hasher()
        var second = Hasher()
        second.combine(true)
        for column in columns {
            switch column.values {
            case .numbers(let values):
                first.combine(values[row])
                second.combine(values[row])
            case .texts(let values):
                first.combine(values[row])
                second.combine(values[row])
            case .booleans(let values):
                first.combine(values[row])
                second.combine(values[row])
            }
        }
        self.first = first.finalize()
        self.second = second.finalize()
    }
}

extension DataTable {
    /// The share of rows that are equal to an earlier one; 0 without rows.
    var duplicateShare: Double {
        guard rowCount > 0 else { return 0 }
        var seen: Set<RowKey> = []
        seen.reserveCapacity(rowCount)
        for row in 0..<rowCount { seen.insert(RowKey(row: row, of: columns)) }
        return Double(rowCount - seen.count) / Double(rowCount)
    }
}

/// Which rows of a holdout set stand in a training set too.
struct Leakage: Sendable {
    /// The columns that both have, in the holdout's order, and that were compared.
    private(set) var compared: [String] = []
    /// Columns of one name whose values are numbers in one and text in the other.
    private(set) var incomparable: [String] = []
    private(set) var leaked = 0
    private(set) var firstLeaked: Int?
    private let rows: Int

    init(holdout: DataTable, training: DataTable, ignored: Set<String> = []) {
        rows = holdout.rowCount
        var pairs: [(holdout: DataTable.Column, training: DataTable.Column)] = []
        for column in holdout.columns where !ignored.contains(column.name) {
            guard let other = training.column(column.name) else { continue }
            if column.values.isComparable(with: other.values) {
                pairs.append((column, other))
            } else {
                incomparable.append(column.name)
            }
        }
        compared = pairs.map { $0.holdout.name }
        guard !pairs.isEmpty else { return }
        var seen: Set<RowKey> = []
        seen.reserveCapacity(training.rowCount)
        let trained = pairs.map { $0.training }
        for row in 0..<training.rowCount { seen.insert(RowKey(row: row, of: trained)) }
        let columns = pairs.map { $0.holdout }
        for row in 0..<rows where seen.contains(RowKey(row: row, of: columns)) {
            leaked += 1
            firstLeaked = firstLeaked ?? row + 1
        }
    }

    /// `nil` where there is nothing to compare.
    var share: Double? { compared.isEmpty || rows == 0 ? nil : Double(leaked) / Double(rows) }
}

extension DataTable.Values {
    fileprivate func isComparable(with other: DataTable.Values) -> Bool {
        switch (self, other) {
        case (.numbers, .numbers), (.texts, .texts), (.booleans, .booleans): true
        default: false
        }
    }
}
