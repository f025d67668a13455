import Journal
import Registry
import Serving
import Synchronization
import Tensors
import Testing

@testable import Governance

/// Data sets in memory, by space and label.
final class Shelf: DataSetReading {
    private let tables: [String: [DataTable]]
    private let asked = Mutex<[String]>([])

    init(_ tables: [String: [DataTable]]) { self.tables = tables }

    var requests: [String] { asked.withLock { $0 } }

    func table(_ name: String, version: Int?, space: String) async throws(ControlError) -> DataTable {
        asked.withLock { $0.append("\(space)/\(name)" + (version.map { ":\($0)" } ?? "")) }
        let found = tables[space]?.last { version.map { "\(name):\($0)" } ?? name + ":1" == $0.label }
        guard let found else { throw ControlError(.notFound, "there is no data set '\(name)' in space '\(space)'") }
        return found
    }
}

extension ModelVersion {
    static func sample(
        _ number: Int = 2, dataset: String? = nil, signature: Signature = Signature(inputs: [], outputs: [])
    ) -> ModelVersion {
        ModelVersion(
            model: "churn", number: number, space: "dev",
            artifact: ArtifactReference(digest: "d\(number)", format: "onnx", files: []), size: 1,
            description: ModelDescription(format: "onnx", signature: signature),
            provenance: Provenance(stored: [:], tags: [:], gitCommit: nil, dataset: dataset),
            createdAt: Timestamp(microseconds: 0), createdBy: "local")
    }
}

extension DataTable {
    static func sample(_ label: String, _ columns: [(String, Values)]) -> DataTable {
        let columns = columns.map { Column(name: $0, values: $1) }
        let rows = columns.first.map { column in
            switch column.values {
            case .numbers(let values): values.count
            case .texts(let values): values.count
            case .booleans(let values): values.count
            }
        }
        return DataTable(label: label, sha256: "abc", rowCount: rows ?? 0, columns: columns)
    }
}

@Suite struct DataGateTests {
    private static let people = DataTable.sample(
        "people:1",
        [
            ("age", .numbers([31, 47, nil, 31])), ("region", .texts(["north", "south", "north", "north"])),
            ("churned", .booleans([true, false, nil, true])),
        ])

    private static func run(
        _ rule: DataRule, _ shelf: Shelf = Shelf(["prod": [people], "dev": [people]]), dataset: String? = "people:1"
    ) async -> GateReport {
        let subject = GateSubject(
            promotion: 1, candidate: .sample(dataset: dataset), champion: nil, source: "test", target: "prod")
        return await DataGate(name: "data", rule: rule, dataSets: shelf).run(on: subject) { _ in }
    }

    private static func column(_ rule: ColumnRule) async -> GateReport { await run(DataRule(columns: [rule])) }

    @Test(arguments: [
        (ColumnRule(name: "age", type: .integer), true), (ColumnRule(name: "age", type: .number), true),
        (ColumnRule(name: "age", type: .text), false), (ColumnRule(name: "region", type: .text), true),
        (ColumnRule(name: "region", type: .number), false), (ColumnRule(name: "churned", type: .boolean), true),
        (ColumnRule(name: "age", min: 31), true), (ColumnRule(name: "age", min: 31.5), false),
        (ColumnRule(name: "age", max: 47), true), (ColumnRule(name: "age", max: 46), false),
        (ColumnRule(name: "region", min: 1), false), (ColumnRule(name: "age", maxMissingShare: 0.25), true),
        (ColumnRule(name: "age", maxMissingShare: 0.2), false), (ColumnRule(name: "region", maxMissingShare: 0), true),
        (ColumnRule(name: "region", allowed: ["north", "south"]), true),
        (ColumnRule(name: "region", allowed: ["north"]), false),
        (ColumnRule(name: "age", allowed: ["31", "47"]), true),
        (ColumnRule(name: "churned", allowed: ["true"]), false), (ColumnRule(name: "none"), false),
        (ColumnRule(name: "age"), true),
    ])
    func `a column against its rule`(rule: ColumnRule, passes: Bool) async {
        let report = await Self.column(rule)
        #expect(report.outcome == (passes ? .passed : .failed), "\(report)")
        #expect(report.figures.allSatisfy { $0.passed == passes && $0.limit != nil })
        #expect(report.summary.isEmpty == false)
    }

    @Test(arguments: [
        (DataRule(minRows: 4), true), (DataRule(minRows: 5), false), (DataRule(maxRows: 4), true),
        (DataRule(maxRows: 3), false), (DataRule(maxDuplicateShare: 0.25), true),
        (DataRule(maxDuplicateShare: 0.2), false),
        (DataRule(columns: [ColumnRule(name: "age")], onlyTheseColumns: true), false),
        (DataRule(columns: ["churned", "region", "age"].map { ColumnRule(name: $0) }, onlyTheseColumns: true), true),
        (DataRule(), true),
    ])
    func `a data set as a whole against its rule`(rule: DataRule, passes: Bool) async {
        #expect(await Self.run(rule).outcome == (passes ? .passed : .failed))
    }

    @Test func `figures say what was found, against which limit, and in which row`() async throws {
        let report = await Self.run(
            DataRule(columns: [ColumnRule(name: "age", max: 40, maxMissingShare: 0.1)], minRows: 10))
        #expect(report.outcome == .failed)
        #expect(report.summary == "3 of 3 checks failed: rows, missing values of age, greatest age")
        #expect(report.figures.map(\.candidate) == [4, 0.25, 47])
        #expect(report.figures.map(\.limit) == ["at least 10", "at most 0.1", "at most 40"])
        #expect(report.figures.last?.note == "1 values beyond it, the first in row 2")
        #expect(report.notes == ["checked: people:1, 4 rows, SHA-256 abc"])
    }

    @Test func `what the rule names is the target's, what the candidate names its own space's`() async {
        let shelf = Shelf(["prod": [Self.people], "dev": [Self.people]])
        _ = await Self.run(DataRule(dataset: "people", minRows: 1), shelf)
        _ = await Self.run(DataRule(minRows: 1), shelf)
        #expect(shelf.requests == ["prod/people", "dev/people:1"])
    }

    @Test(arguments: [nil, "customers of 2024", "s3://bucket/x.csv", "gone:1"] as [String?])
    func `a gate that has nothing to look at is an error, which says what to do`(dataset: String?) async {
        let report = await Self.run(DataRule(minRows: 1), dataset: dataset)
        #expect(report.outcome == .error)
        let words = dataset.map { $0.hasPrefix("gone") ? "there is no data set" : $0 }
        #expect(report.summary.contains(words ?? "does not say"))
    }

    @Test func `a candidate that names no version is checked against the latest, and the report says so`() async {
        let report = await Self.run(DataRule(minRows: 1), dataset: "people")
        #expect(report.outcome == .passed)
        #expect(report.notes.last?.contains("the latest was taken") == true)
    }

    @Test func `rows of the holdout that were trained on are found by the columns that both have`() async {
        let training = DataTable.sample(
            "train:1",
            [
                ("region", .texts(["north", "south", nil])), ("age", .numbers([31, 50, nil])),
                ("x", .numbers([1, 2, 3])),
            ])
        let holdout = DataTable.sample(
            "holdout:1",
            [
                ("row", .numbers([1, 2, 3, 4])), ("age", .numbers([31, 50, nil, 50])),
                ("region", .texts(["north", "north", nil, "south"])),
            ])
        let shelf = Shelf(["prod": [training, holdout], "dev": []])
        func report(_ leakage: LeakageRule) async -> GateReport { await Self.run(DataRule(leakage: leakage), shelf) }
        let strict = await report(LeakageRule(holdout: "holdout", training: "train"))
        #expect(strict.outcome == .failed)
        #expect(strict.figures.first?.candidate == 0.75)
        #expect(strict.figures.first?.note == "3 of 4 rows, the first is row 1")
        #expect(strict.notes.first == "rows of holdout:1 were looked for in train:1 by age, region")
        #expect(await report(LeakageRule(holdout: "holdout", training: "train", maxShare: 0.75)).outcome == .passed)
        let byRegion = await report(LeakageRule(holdout: "holdout", training: "train", ignoredColumns: ["age"]))
        #expect(byRegion.figures.first?.candidate == 1)
        let apart = await report(
            LeakageRule(holdout: "holdout", training: "train", ignoredColumns: ["age", "region"]))
        #expect(apart.outcome == .failed)
        #expect(apart.figures.first?.note == "holdout:1 and train:1 have no columns in common")
    }

    @Test func `columns of one name and two types are not compared, and named`() async {
        let training = DataTable.sample("people:1", [("id", .texts(["1"])), ("age", .numbers([31]))])
        let holdout = DataTable.sample("holdout:1", [("id", .numbers([1])), ("age", .numbers([32]))])
        let report = await Self.run(
            DataRule(leakage: LeakageRule(holdout: "holdout:1")), Shelf(["prod": [holdout], "dev": [training]]))
        #expect(report.outcome == .passed)
        #expect(report.notes.first == "not compared, since they are of another type in people:1: id")
    }

    @Test func `zero is zero with either sign, and a missing value only equals a missing value`() {
        let table = DataTable.sample("x:1", [("a", .numbers([0, -0.0, nil, nil])), ("b", .texts(["", "", nil, ""]))])
        #expect(table.duplicateShare == 0.25)
    }
}
