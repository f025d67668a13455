import Registry

/// Holds a data set against a rule: pure, one figure for each demand.
struct DataChecks {
    let rule: DataRule

    func figures(_ table: DataTable) -> [GateFigure] {
        [rows(table), duplicates(table), unnamed(table)].compactMap { $0 }
            + (rule.columns ?? []).flatMap { column($0, table) }
    }

    private func rows(_ table: DataTable) -> GateFigure? {
        let limit: String? =
            switch (rule.minRows, rule.maxRows) {
            case (nil, nil): nil
            case (let least?, nil): "at least \(LimitText.count(least))"
            case (nil, let most?): "at most \(LimitText.count(most))"
            case (let least?, let most?): "\(LimitText.count(least)) to \(LimitText.count(most))"
            }
        guard let limit else { return nil }
        let fits = table.rowCount >= rule.minRows ?? 0 && table.rowCount <= rule.maxRows ?? .max
        return GateFigure(name: "rows", candidate: Double(table.rowCount), limit: limit, passed: fits)
    }

    private func duplicates(_ table: DataTable) -> GateFigure? {
        guard let limit = rule.maxDuplicateShare else { return nil }
        let share = table.duplicateShare
        return GateFigure(
            name: "duplicate rows", candidate: share, limit: LimitText.atMost(limit), passed: share <= limit)
    }

    private func unnamed(_ table: DataTable) -> GateFigure? {
        guard rule.onlyTheseColumns == true else { return nil }
        let named = Set((rule.columns ?? []).map(\.name))
        let others = table.columns.map(\.name).filter { !named.contains($0) }
        return GateFigure(
            name: "columns that the rule does not name", candidate: Double(others.count), limit: "none",
            passed: others.isEmpty, note: others.isEmpty ? nil : LimitText.listed(others))
    }

    private func column(_ rule: ColumnRule, _ table: DataTable) -> [GateFigure] {
        guard let column = table.column(rule.name) else {
            return [
                GateFigure(
                    name: "column \(rule.name)", candidate: nil, limit: "there", passed: false,
                    note: "the data set has no such column")
            ]
        }
        let checks = ColumnChecks(rule: rule, column: column, rowCount: table.rowCount).figures
        return checks.isEmpty
            ? [GateFigure(name: "column \(rule.name)", candidate: nil, limit: "there", passed: true)] : checks
    }

    /// The figure and what a person should know besides.
    static func leakage(
        _ rule: LeakageRule, holdout: DataTable, training: DataTable
    ) -> (figure: GateFigure, notes: [String]) {
        let found = Leakage(holdout: holdout, training: training, ignored: Set(rule.ignoredColumns ?? []))
        let limit = rule.maxShare ?? 0
        var notes: [String] = []
        if !found.incomparable.isEmpty {
            notes.append(
                "not compared, since they are of another type in \(training.label): "
                    + LimitText.listed(found.incomparable))
        }
        guard let share = found.share else {
            let figure = GateFigure(
                name: "holdout rows in training", candidate: nil, limit: LimitText.atMost(limit), passed: false,
                note: "\(holdout.label) and \(training.label) have no columns in common")
            return (figure, notes)
        }
        notes.append(
            "rows of \(holdout.label) were looked for in \(training.label) by \(LimitText.listed(found.compared))")
        let count = "\(LimitText.count(found.leaked)) of \(LimitText.count(holdout.rowCount)) rows"
        let figure = GateFigure(
            name: "holdout rows in training", candidate: share, limit: LimitText.atMost(limit), passed: share <= limit,
            note: found.firstLeaked.map { "\(count), the first is row \($0)" })
        return (figure, notes)
    }
}
