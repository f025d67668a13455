package import Journal
package import Registry

extension DataRule {
    /// Text columns with at most this many values, each seen five times on average, are taken for categories.
    private static let mostCategories = 30

    /// A rule that the data set itself passes and its like should: to be read and edited by a person, not a truth.
    ///
    /// - Numbers: from the least to the greatest value, and a tenth of that range more on both sides, which does not take a
    ///   column without negative values below zero.
    /// - Missing values: none where there were none, else half as many again and a hundredth of the rows.
    /// - Categories: the values there are, where they are few.
    /// - Rows: at least half as many. Duplicates: a hundredth more than there are.
    package static func inferred(from table: DataTable, schema: DataSetSchema) -> DataRule {
        let types = Dictionary(schema.columns.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
        return DataRule(
            dataset: nil, columns: table.columns.map { rule($0, types[$0.name], rows: table.rowCount) },
            onlyTheseColumns: true, minRows: Swift.max(1, table.rowCount / 2),
            maxDuplicateShare: rounded(table.duplicateShare + 0.01))
    }

    private static func rule(_ column: DataTable.Column, _ type: ColumnType?, rows: Int) -> ColumnRule {
        let present = column.values.present
        let missing = rows == 0 ? 0 : Double(rows - present) / Double(rows)
        var rule = ColumnRule(
            name: column.name, type: present == 0 ? nil : type,
            maxMissingShare: missing == 0 ? 0 : rounded(missing * 1.5 + 0.01))
        switch column.values {
        case .numbers(let values):
            let known = values.compactMap { $0 }
            if let least = known.min(), let greatest = known.max() {
                let bounds = range(least, greatest, isWhole: type == .integer)
                rule.min = bounds.least
                rule.max = bounds.greatest
            }
        case .texts(let values):
            let categories = Set(values.compactMap { $0 })
            if !categories.isEmpty, categories.count <= mostCategories, present >= 5 * categories.count {
                rule.allowed = categories.sorted()
            }
        case .booleans: break
        }
        return rule
    }

    /// Never beyond what a `Double` can hold.
    private static func range(_ least: Double, _ greatest: Double, isWhole: Bool) -> (least: Double, greatest: Double) {
        let slack = (greatest / 10 - least / 10)
        var low = Swift.max(least - slack, -.greatestFiniteMagnitude)
        var high = Swift.min(greatest + slack, .greatestFiniteMagnitude)
        if least >= 0 { low = Swift.max(low, 0) }
        if greatest <= 0 { high = Swift.min(high, 0) }
        if isWhole { return (low.rounded(.down), high.rounded(.up)) }
        // Digits that a person can read, and never inside of what was seen.
        return (Swift.min(shortened(low, .down), least), Swift.max(shortened(high, .up), greatest))
    }

    /// To four digits that matter, in the given direction.
    private static func shortened(_ value: Double, _ direction: FloatingPointRoundingRule) -> Double {
        guard value != 0, value.isFinite else { return value }
        var unit = 1.0
        var size = value.magnitude
        while size >= 10_000, unit < 1e300 { (size, unit) = (size / 10, unit * 10) }
        while size < 1000, unit > 1e-300 { (size, unit) = (size * 10, unit / 10) }
        // A division by the inverse gives the decimal number itself where a product would give its neighbour.
        let result =
            unit < 1
            ? (value / unit).rounded(direction) / (1 / unit).rounded() : (value / unit).rounded(direction) * unit
        return result.isFinite ? result : value
    }

    /// A share with four decimals, rounded up.
    private static func rounded(_ share: Double) -> Double {
        Swift.min(1, (share * 10_000 - 1e-9).rounded(.up) / 10_000)
    }
}

/// Rules that are read out of data sets.
package struct DataRuleInference: Sendable {
    private let dataSets: DataSetService
    private let threads = BlockingThreads(name: "slipway.rules", width: 1)

    package init(dataSets: DataSetService) {
        self.dataSets = dataSets
    }

    /// Errors: `notFound`, `digestMismatch`.
    package func rule(
        for name: String, version: Int?, space: String
    ) async throws(ControlError) -> (rule: DataRule, of: DataSetVersion) {
        let found = try await dataSets.version(name, number: version, space: space)
        let table = try await dataSets.table(name, version: found.number, space: space)
        return (await threads.run { DataRule.inferred(from: table, schema: found.schema) }, found)
    }
}
