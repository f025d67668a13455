import Registry

/// Holds one column against its rule, a figure for each demand.
struct ColumnChecks {
    let rule: ColumnRule
    let column: DataTable.Column
    let rowCount: Int

    var figures: [GateFigure] {
        [type, missing].compactMap { $0 } + range + [categories].compactMap { $0 }
    }

    private var type: GateFigure? {
        guard let wanted = rule.type else { return nil }
        let problem = TypeFinding(column).problem(wanted)
        return GateFigure(
            name: "type of \(rule.name)", candidate: nil, limit: wanted.rawValue, passed: problem == nil, note: problem)
    }

    private var missing: GateFigure? {
        guard let limit = rule.maxMissingShare else { return nil }
        let missing = rowCount - column.values.present
        let share = rowCount == 0 ? 0 : Double(missing) / Double(rowCount)
        return GateFigure(
            name: "missing values of \(rule.name)", candidate: share, limit: LimitText.atMost(limit),
            passed: share <= limit,
            note: missing == 0 ? nil : "\(LimitText.count(missing)) of \(LimitText.count(rowCount)) rows")
    }

    private var range: [GateFigure] {
        guard rule.min != nil || rule.max != nil else { return [] }
        guard case .numbers(let values) = column.values else {
            // A column without a single value is in every range.
            let isEmpty = column.values.present == 0
            return [
                GateFigure(
                    name: "range of \(rule.name)", candidate: nil, limit: "numbers", passed: isEmpty,
                    note: isEmpty ? "no values" : "its values are no numbers")
            ]
        }
        var figures: [GateFigure] = []
        if let limit = rule.min {
            figures.append(extreme("least", LimitText.atLeast(limit), of: values, by: <) { $0 >= limit })
        }
        if let limit = rule.max {
            figures.append(extreme("greatest", LimitText.atMost(limit), of: values, by: >) { $0 <= limit })
        }
        return figures
    }

    private func extreme(
        _ word: String, _ limit: String, of values: [Double?], by precedes: (Double, Double) -> Bool,
        _ fits: (Double) -> Bool
    ) -> GateFigure {
        var extreme: Double?
        var outside = 0
        var first: Int?
        for (row, value) in values.enumerated() {
            guard let value else { continue }
            if extreme.map({ precedes(value, $0) }) ?? true { extreme = value }
            if !fits(value) {
                outside += 1
                first = first ?? row + 1
            }
        }
        let note = first.map { "\(LimitText.count(outside)) values beyond it, the first in row \($0)" }
        return GateFigure(
            name: "\(word) \(rule.name)", candidate: extreme, limit: limit, passed: outside == 0,
            note: extreme == nil ? "no values" : note)
    }

    private var categories: GateFigure? {
        guard let allowed = rule.allowed else { return nil }
        let known = Set(allowed)
        var outside = 0
        var others: [String] = []
        for row in 0..<rowCount {
            guard let text = column.values.text(row), !known.contains(text) else { continue }
            outside += 1
            if others.count < 6, !others.contains(text) { others.append(text) }
        }
        return GateFigure(
            name: "values of \(rule.name) that are not allowed", candidate: Double(outside), limit: "none",
            passed: outside == 0, note: outside == 0 ? nil : "for example " + LimitText.listed(others))
    }
}

/// What the values of a column are, whatever its schema says.
struct TypeFinding {
    private let kind: String
    private let isEmpty: Bool
    /// The first row whose number has a fraction, from 1, and how many there are.
    private var firstFraction: Int?
    private var fractions = 0

    init(_ column: DataTable.Column) {
        isEmpty = column.values.present == 0
        switch column.values {
        case .texts: kind = "text"
        case .booleans: kind = "true or false"
        case .numbers(let values):
            kind = "numbers"
            for (row, value) in values.enumerated() {
                guard let value, value != value.rounded() else { continue }
                fractions += 1
                firstFraction = firstFraction ?? row + 1
            }
        }
    }

    /// Why the values are not of this type; `nil` when they are, or when there are none.
    func problem(_ wanted: ColumnType) -> String? {
        if isEmpty { return nil }
        switch (wanted, kind) {
        case (.text, "text"), (.boolean, "true or false"), (.number, "numbers"): return nil
        case (.integer, "numbers"):
            return firstFraction.map { "\(LimitText.count(fractions)) numbers have a fraction, the first in row \($0)" }
        default: return "its values are \(kind)"
        }
    }
}

extension DataTable.Values {
    /// Values that are not missing.
    var present: Int {
        switch self {
        case .numbers(let values): values.count { $0 != nil }
        case .texts(let values): values.count { $0 != nil }
        case .booleans(let values): values.count { $0 != nil }
        }
    }

    /// As `ColumnRule.allowed` writes it; `nil` where it is missing.
    func text(_ row: Int) -> String? {
        switch self {
        case .numbers(let values): values[row].map { LimitText.number($0) }
        case .texts(let values): values[row]
        case .booleans(let values): values[row].map { $0 ? "true" : "false" }
        }
    }
}
