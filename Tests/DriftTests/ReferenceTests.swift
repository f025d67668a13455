import Documents
import Journal
import Serving
import Statistics
import Tabular
import Tensors
import Testing

@testable import Drift

/// References out of files of rows, and the section of a monitor.
@Suite struct ReferenceTests {
    private func profile(_ text: String, isCSV: Bool = true) throws -> ReferenceProfile {
        var reader = ReferenceReader(isCSV: isCSV)
        try Array(text.utf8).withUnsafeBytes { bytes throws in
            var rest = bytes[...]
            while !rest.isEmpty {
                try reader.take(UnsafeRawBufferPointer(rebasing: rest.prefix(7)))
                rest = rest.dropFirst(7)
            }
        }
        return try reader.finish()
    }

    private func plan(_ inputs: [TensorSpec], names: [String]? = nil) -> FeaturePlan {
        FeaturePlan(
            Signature(
                inputs: inputs, outputs: [TensorSpec(name: "y", elementType: .fp32, shape: [.symbolic("n")])]),
            names: names)
    }

    private let matrix = TensorSpec(name: "x", elementType: .fp32, shape: [.symbolic("n"), .fixed(2)])
    private let single = TensorSpec(name: "age", elementType: .fp32, shape: [.symbolic("n"), .fixed(1)])
    private let text = TensorSpec(name: "city", elementType: .bytes, shape: [.symbolic("n")])

    @Test func `a profile is read as it was written, and nothing else is one`() throws {
        let made = try profile("age,city\n31,Ulm\n,Köln\n40.5,\n")
        #expect(made.rows == 3 && made.columns.map(\.name) == ["age", "city"])
        #expect(try ReferenceProfile(made.encoded) == made)
        for length in 0..<made.encoded.count {
            #expect(throws: MalformedRecord.self) { try ReferenceProfile(Array(made.encoded.prefix(length))) }
        }
        #expect(throws: MalformedRecord.self) { try ReferenceProfile(Array("age,city\n31,Ulm\n".utf8)) }
    }

    @Test func `columns go to the inputs that they are named as`() throws {
        let made = try profile("city,id,age,output:y\nUlm,1,31,0.5\nUlm,2,,0.75\n")
        let found = try made.references(for: plan([single, text]))
        #expect(found.map(\.0.label) == ["age", "city", "city (length)", "y"])
        guard case .numbers(let age) = found[0].1, case .texts(let city) = found[1].1,
            case .numbers(let length) = found[2].1, case .numbers(let y) = found[3].1
        else {
            Issue.record("references of other kinds")
            return
        }
        #expect(age.total == 1 && age.missing == 1 && age.mean == 31)
        #expect(city.categories == ["Ulm"] && city.counts == [2] && length.mean == 3 && y.mean == 0.625)
    }

    @Test func `a model with one input takes columns by their names, else in their order`() throws {
        let made = try profile("b,a\n1,10\n2,20\n")
        func means(_ names: [String]?) throws -> [Double] {
            try made.references(for: plan([matrix], names: names), names: names).map { _, reference in
                guard case .numbers(let numbers) = reference else { return .nan }
                return numbers.mean
            }
        }
        #expect(try means(["a", "b"]) == [15, 1.5])
        #expect(try means(nil) == [1.5, 15])
        #expect(
            try profile("x[1],x[0],other\n1,10,3\n").references(for: plan([matrix])).map(\.0.label) == ["x[0]", "x[1]"])
        #expect(
            try profile("{\"a\": 1, \"b\": 2}\n{\"a\": 3}\n", isCSV: false).references(for: plan([matrix]))
                .map { $0.1.rows } == [2, 2])
    }

    @Test func `what does not fit is refused by name`() throws {
        for (file, inputs, words) in [
            ("a,b,c\n1,2,3\n", [matrix], "has 3 columns, the input 'x' takes 2 columns"),
            ("a,b\n1,two\n", [matrix], "1 cells in the column 'b' that are no numbers"),
            ("q,r\n1,2\n", [single, text], "no column that is an input"),
        ] {
            let error = #expect(throws: ControlError.self) {
                try profile(file).references(for: plan(inputs))
            }
            #expect(error?.message.contains(words) == true && error?.field == "reference")
        }
        let empty = #expect(throws: TabularError.self) { try profile("a,b\n") }
        #expect(empty?.problem.contains("no rows") == true)
    }

    @Test func `texts are watched as categories or by their length, as the reference has them`() throws {
        var lines = "city\n"
        for row in 0..<400 { lines += row % 2 == 0 ? "Ulm\n" : "Bonn\n" }
        var names = "city\n"
        for row in 0..<400 { names += "Person \(row)\n" }
        for (file, wanted) in [(lines, ["city", "y"]), (names, ["city (length)", "y"])] {
            let plan = plan([text])
            let watch = DriftWatch(plan.features, references: try profile(file).references(for: plan))
            #expect(watch.features.indices.filter { watch.isUsed($0) }.map { watch.features[$0].label } == wanted)
        }
    }

    @Test func `a million numbers take the memory of a few thousand`() throws {
        var reader = ReferenceReader(isCSV: true)
        var random = Xoshiro256(seed: 1)
        try Array("x\n".utf8).withUnsafeBytes { try reader.take($0) }
        for _ in 0..<100 {
            var piece = ""
            for _ in 0..<1_000 { piece += "\(random.normal())\n" }
            try Array(piece.utf8).withUnsafeBytes { try reader.take($0) }
        }
        let made = try reader.finish()
        #expect(made.rows == 100_000 && made.encoded.count < 20_000)
    }

    // MARK: the monitor's section

    private func settings(_ json: String) throws -> DriftSettings {
        var fields = try DocumentFields(try DocumentText.value(yaml: json), at: "drift")
        return try DriftSettings(&fields)
    }

    @Test func `settings are read, written and read again`() throws {
        #expect(try settings("{}") == DriftSettings())
        let made = try settings("{enabled: false, fullRows: 500, shortestSeconds: 2.5, leastIndex: 0.25}")
        #expect(!made.isEnabled && made.rules.fullRows == 500 && made.rules.shortest == 2.5)
        #expect(made.rules.leastIndex == 0.25 && made.rules.leastRows == 200)
        var fields = try DocumentFields(made.document, at: "drift")
        #expect(try DriftSettings(&fields) == made)
        for (text, field, words) in [
            ("{fullRows: 3}", "drift.fullRows", "is 3"), ("{fulRows: 300}", "drift.fulRows", "means nothing"),
            ("{enabled: 1}", "drift.enabled", "true or false"), ("{leastIndex: 0}", "drift.leastIndex", "is 0.0"),
            ("{shortestSeconds: 100, usualSeconds: 50}", "drift.usualSeconds", "shorter"),
        ] {
            let error = #expect(throws: ControlError.self) { try settings(text) }
            #expect(
                error?.field == field && error?.message.contains(words) == true, "\(text): \(String(describing: error))"
            )
        }
    }
}
