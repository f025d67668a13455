import Foundation
import Journal
import Registry
import Testing

@testable import Governance

@Suite struct DataRuleTests {
    private static func decode(_ json: String) throws -> DataRule {
        try JSONDecoder().decode(DataRule.self, from: Data(json.utf8))
    }

    @Test func `a rule in JSON, with values as they are written in a policy`() throws {
        let rule = try Self.decode(
            """
            {"dataset": "customers:2", "onlyTheseColumns": true, "minRows": 100, "maxDuplicateShare": 0.01,
             "columns": [{"name": "age", "type": "integer", "min": 18, "max": 99.5, "maxMissingShare": 0},
                         {"name": "class", "allowed": [0, 1, "two", true, 2.5]}],
             "leakage": {"holdout": "holdout", "maxShare": 0.001, "ignoredColumns": ["id"]}}
            """)
        try rule.validate(path: "")
        #expect(rule.columns?[0] == ColumnRule(name: "age", type: .integer, min: 18, max: 99.5, maxMissingShare: 0))
        #expect(rule.columns?[1].allowed == ["0", "1", "two", "true", "2.5"])
        #expect(rule.leakage == LeakageRule(holdout: "holdout", maxShare: 0.001, ignoredColumns: ["id"]))
        #expect(try JSONDecoder().decode(DataRule.self, from: JSONEncoder().encode(rule)) == rule)
        #expect(try Self.decode("{}") == DataRule())
    }

    @Test(arguments: [
        (DataRule(dataset: "a b"), "gates[1].dataset"), (DataRule(minRows: -1), "gates[1].minRows"),
        (DataRule(minRows: 2, maxRows: 1), "gates[1].minRows"),
        (DataRule(maxDuplicateShare: 1.5), "gates[1].maxDuplicateShare"),
        (DataRule(maxDuplicateShare: .nan), "gates[1].maxDuplicateShare"),
        (DataRule(onlyTheseColumns: true), "gates[1].onlyTheseColumns"),
        (DataRule(columns: [ColumnRule(name: "")]), "gates[1].columns[0].name"),
        (DataRule(columns: [ColumnRule(name: "a"), ColumnRule(name: "a")]), "gates[1].columns[1].name"),
        (DataRule(columns: [ColumnRule(name: "a", min: 2, max: 1)]), "gates[1].columns[0].min"),
        (DataRule(columns: [ColumnRule(name: "a", min: .infinity)]), "gates[1].columns[0].min"),
        (DataRule(columns: [ColumnRule(name: "a", type: .text, max: 1)]), "gates[1].columns[0].max"),
        (DataRule(columns: [ColumnRule(name: "a", maxMissingShare: -0.1)]), "gates[1].columns[0].maxMissingShare"),
        (DataRule(columns: [ColumnRule(name: "a", allowed: [])]), "gates[1].columns[0].allowed"),
        (DataRule(leakage: LeakageRule(holdout: "")), "gates[1].leakage.holdout"),
        (DataRule(leakage: LeakageRule(holdout: "a", training: "b:0")), "gates[1].leakage.training"),
        (DataRule(leakage: LeakageRule(holdout: "a", maxShare: 2)), "gates[1].leakage.maxShare"),
    ])
    func `a rule that can never be met is refused with its field`(rule: DataRule, field: String) {
        let error = #expect(throws: ControlError.self) { try rule.validate(path: "gates[1]") }
        #expect(error?.field == field)
    }

    /// The schema that a push would have found.
    private static func schema(_ table: DataTable) -> DataSetSchema {
        DataSetSchema(
            columns: table.columns.map { column in
                let type: ColumnType =
                    switch column.values {
                    case .texts: .text
                    case .booleans: .boolean
                    case .numbers(let values): values.allSatisfy { $0 == $0?.rounded() } ? .integer : .number
                    }
                return DataSetColumn(name: column.name, type: type, allowsMissing: true)
            })
    }

    @Test func `rules are read out of a reference set`() {
        let rows = 100
        let ages = (0..<rows).map { (row: Int) -> Double? in
            let age = 20 + row % 50
            return row < 4 ? nil : Double(age)
        }
        let balances: [Double?] = (0..<rows).map { row in Double(row) * 1.25 - 31.7 }
        let regions: [String?] = (0..<rows).map { row in row % 2 == 0 ? "north" : "south" }
        let names: [String?] = (0..<rows).map { row in "n\(row)" }
        let table = DataTable.sample(
            "people:1",
            [
                ("age", .numbers(ages)),
                ("balance", .numbers(balances)),
                ("region", .texts(regions)),
                ("name", .texts(names)),
                ("churned", .booleans(Array(repeating: true, count: rows))),
                ("empty", .texts(Array(repeating: nil, count: rows))),
            ])
        let rule = DataRule.inferred(from: table, schema: Self.schema(table))
        #expect(rule.minRows == 50)
        #expect(rule.maxDuplicateShare == 0.01)
        #expect(rule.onlyTheseColumns == true)
        #expect(
            rule.columns == [
                ColumnRule(name: "age", type: .integer, min: 15, max: 74, maxMissingShare: 0.07),
                ColumnRule(name: "balance", type: .number, min: -44.08, max: 104.5, maxMissingShare: 0),
                ColumnRule(name: "region", type: .text, maxMissingShare: 0, allowed: ["north", "south"]),
                ColumnRule(name: "name", type: .text, maxMissingShare: 0),
                ColumnRule(name: "churned", type: .boolean, maxMissingShare: 0),
                ColumnRule(name: "empty", maxMissingShare: 1),
            ])
    }

    @Test(arguments: 0..<100)
    func `a data set passes the rules that were read out of it`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let rows = Int.random(in: 1...40, using: &random)
        let scales = [.leastNonzeroMagnitude, 1e-12, 1, 1e5, 1e307, .greatestFiniteMagnitude]
        let scale = scales[seed % scales.count]
        func gap() -> Bool { Int.random(in: 0..<6, using: &random) == 0 }
        let table = DataTable.sample(
            "x:1",
            [
                (
                    "a",
                    .numbers((0..<rows).map { _ in gap() ? nil : Double.random(in: -1...1, using: &random) * scale })
                ),
                ("b", .numbers((0..<rows).map { _ in gap() ? nil : Double(Int.random(in: -5...5, using: &random)) })),
                (
                    "c",
                    .texts((0..<rows).map { _ in gap() ? nil : ["x", "y", ""].randomElement(using: &random) ?? "" })
                ),
                ("d", .booleans((0..<rows).map { _ in gap() ? nil : Bool.random(using: &random) })),
            ])
        let rule = DataRule.inferred(from: table, schema: Self.schema(table))
        try rule.validate(path: "")
        let failed = DataChecks(rule: rule).figures(table).filter { $0.passed == false }
        #expect(failed.isEmpty, "\(failed) \(rule)")
    }
}
