import Experiments
import GRDB
import Journal

/// Searching runs: the runs of the experiments with only the values that the filter and the order name, sifted and sorted
/// here; what else a run has is read for one page only. Nothing that a client wrote becomes SQL.
extension StoredTransaction {
    func runs(_ query: RunQuery, offset: Int, limit: Int) throws -> [TrackedRun] {
        let candidates = try candidates(query)
        let fields = Set(query.filter.clauses.map(\.field) + query.order.map(\.field))
        let table = try RunValues(fields, experiments: experimentRows(query), in: self)
        let found = candidates.filter { candidate in
            query.filter.matches { table.values(of: candidate.row, candidate.facts, at: $0) }
        }
        let sorted = query.order.sort(found) { table.values(of: $0.row, $0.facts, at: $1).first }
        return try sorted.dropFirst(offset).prefix(limit).map { try whole($0.facts, row: $0.row) }
    }

    /// In the order that holds where the query's own does not tell runs apart.
    private func candidates(_ query: RunQuery) throws -> [(row: Int64, facts: RunFacts)] {
        var all: [(row: Int64, facts: RunFacts)] = []
        let condition = "r.experiment_id = ? AND " + Self.condition(query.view, "r")
        for experiment in try experimentRows(query) { all += try runRows(where: condition, [experiment]) }
        all.sort { $0.facts.isListed(before: $1.facts) }
        return all
    }

    private func experimentRows(_ query: RunQuery) throws -> [Int64] {
        try Set(query.experiments).sorted().compactMap { try experimentRow($0, space: query.space) }
    }
}

/// The values at some fields of all runs of some experiments.
private struct RunValues {
    private var values: [SearchField: [Int64: [SearchValue]]] = [:]

    init(_ fields: Set<SearchField>, experiments: [Int64], in transaction: StoredTransaction) throws {
        for field in fields where field.kind != .attribute {
            values[field] = [:]
            for experiment in experiments {
                let rows = try Row.fetchAll(
                    transaction.db.cachedStatement(sql: Self.sql(of: field)),
                    arguments: field.kind == .dataset ? [experiment] : [experiment, field.key])
                for row in rows { values[field]?[row["run"], default: []].append(Self.value(row, field.kind)) }
            }
        }
    }

    private static func sql(of field: SearchField) -> String {
        let runs = "JOIN tracked_run r ON r.id = v.run WHERE r.experiment_id = ?"
        return switch field.kind {
        case .metric: "SELECT v.run, v.value, v.is_nan FROM run_metric_latest v \(runs) AND v.key = ?"
        case .parameter: "SELECT v.run, v.value FROM run_param v \(runs) AND v.key = ?"
        case .tag, .attribute: "SELECT v.run, v.value FROM run_tag v \(runs) AND v.key = ?"
        case .dataset: "SELECT v.run, \(column(of: field.key)) AS value FROM run_data_set v \(runs)"
        }
    }

    private static func column(of key: String) -> String {
        switch key {
        case "digest": "v.digest"
        case "context": "coalesce(v.context, '')"
        default: "v.name"
        }
    }

    private static func value(_ row: Row, _ kind: SearchField.Kind) -> SearchValue {
        guard kind == .metric else { return .text(row["value"]) }
        return .number(row["is_nan"] ? .nan : row["value"])
    }

    func values(of row: Int64, _ facts: RunFacts, at field: SearchField) -> [SearchValue] {
        guard field.kind == .attribute else { return values[field]?[row] ?? [] }
        return switch field.key {
        case "run_id": [.text(facts.id)]
        case "run_name": [.text(facts.name)]
        case "status": [.text(facts.status.rawValue)]
        case "user_id": [.text(facts.user)]
        case "start_time": [.number(Double(facts.startedAt))]
        case "end_time": facts.endedAt.map { [.number(Double($0))] } ?? []
        case "artifact_uri": [.text(ArtifactPath(run: facts).location)]
        default: []
        }
    }
}

extension RunFacts {
    /// Those begun last come first.
    fileprivate func isListed(before other: RunFacts) -> Bool {
        if startedAt != other.startedAt { return startedAt > other.startedAt }
        return id < other.id
    }
}
