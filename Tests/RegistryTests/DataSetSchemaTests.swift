import Crypto
import Foundation
import Journal
import Tabular
import Testing

@testable import Registry

/// Bytes that are read a few at a time.
private struct TextBlob: BlobReading {
    let bytes: [UInt8]

    func readBlob(
        _ sha256: String, _ body: (UnsafeRawBufferPointer) throws(ControlError) -> Void
    ) throws(ControlError) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(11))
            rest = rest.dropFirst(part.count)
            try part.withUnsafeBufferPointer { (part) throws(ControlError) in
                try body(UnsafeRawBufferPointer(part))
            }
        }
    }
}

@Suite struct DataSetSchemaTests {
    private static func schema(
        _ text: String, _ format: DataSetFormat = .csv, given: DataSetSchema? = nil
    ) throws(ControlError) -> DataSetSchema {
        let scan = DataSetScan(format: format, given: given)
        let names = try format.read("", in: TextBlob(bytes: Array(text.utf8)), into: scan)
        do throws(TabularError) {
            return try scan.schema(names)
        } catch { throw .dataSet(error) }
    }

    private static func table(_ text: String, _ format: DataSetFormat = .csv) throws -> DataTable {
        let builder = DataTableBuilder(try schema(text, format))
        _ = try format.read("", in: TextBlob(bytes: Array(text.utf8)), into: builder)
        return builder.table(label: "x:1", sha256: "")
    }

    private static func described(_ schema: DataSetSchema) -> [String] {
        schema.columns.map { "\($0.name) \($0.type.rawValue)\($0.allowsMissing ? "?" : "")" }
    }

    @Test(arguments: [
        ("a\n1\n-2\n", "a integer"), ("a\n1\n2.5\n", "a number"), ("a\n1\n\"\"\n", "a integer?"),
        ("a,b\n1,x\n,y\n", "a integer?"), ("a,b\n1,x\nNA,y\n", "a integer?"), ("a,b\nnan,x\n1.5,y\n", "a number?"),
        ("a\ntrue\nFalse\n", "a boolean"), ("a\ntrue\n1\n", "a text"), ("a\n1\nx\n", "a text"),
        ("a\nNA\nnorth\n", "a text"), ("a\n3.0\n4.0\n", "a number"), ("a,b\n,1\n,2\n", "a text?"),
        ("a\n9007199254740993\n1\n", "a text"), ("a\n9007199254740993\n1.5\n", "a number"),
        ("a\n12e999\nabc\n", "a text"),
    ])
    func `the type of the first column of a CSV file`(text: String, expected: String) throws {
        #expect(try Self.described(Self.schema(text)).first == expected)
    }

    @Test func `JSON says what its values are`() throws {
        let schema = try Self.schema(
            #"{"a":1,"b":"1","c":true,"d":null}"# + "\n" + #"{"b":"","a":2.5,"e":3}"#, .jsonl)
        #expect(Self.described(schema) == ["a number", "b text", "c boolean?", "d text?", "e integer?"])
    }

    @Test(arguments: [
        (
            "a\n1\n1e999\n", DataSetFormat.csv,
            "line 3 has a value of 'a' that is not finite, or beyond what 64 bits can hold"
        ),
        ("a\n-inf\n", .csv, "line 2 has a value of 'a' that is not finite, or beyond what 64 bits can hold"),
        ("a,b\n", .csv, "the file has a header and no rows"), ("", .csv, "the file is empty"),
        ("{\"a\":1}\n{\"a\":\"1\"}", .jsonl, "line 2 has a text as 'a', line 1 has a number"),
        ("{\"a\":true}\n{}\n{\"a\":0}", .jsonl, "line 3 has a number as 'a', line 1 has true or false"),
        ("{\"a\":1e999}", .jsonl, "line 1 has a value of 'a' that is not finite, or beyond what 64 bits can hold"),
    ])
    func `what cannot be a column is refused with its line`(text: String, format: DataSetFormat, message: String) {
        let error = #expect(throws: ControlError.self) { try Self.schema(text, format) }
        #expect(error?.message == message)
        #expect(error?.code == .invalid)
        #expect(error?.field == "file")
    }

    static let given = DataSetSchema(columns: [
        DataSetColumn(name: "id", type: .text, allowsMissing: false),
        DataSetColumn(name: "age", type: .integer, allowsMissing: true),
    ])

    @Test(arguments: [
        ("id,age\n007,31\n008,\n", DataSetFormat.csv), ("age,id\n3.0,x\n", .csv),
        (#"{"id":"007","age":31}"# + "\n" + #"{"id":"1"}"#, .jsonl),
    ])
    func `a given schema holds, in any order of columns`(text: String, format: DataSetFormat) throws {
        #expect(try Self.schema(text, format, given: Self.given) == Self.given)
    }

    @Test(arguments: [
        ("id,age\n1,2.5\n", DataSetFormat.csv, "line 2 has '2.5' as 'age', which is no integer"),
        ("id,age\n1,x\n", .csv, "line 2 has 'x' as 'age', which is no integer"),
        ("id,age\n1,2\n,3\n", .csv, "line 3 has no value of 'id', which the schema asks for"),
        ("id\n1\n", .csv, "the file has no column 'age', which the schema has"),
        ("id,age,more\n1,2,3\n", .csv, "the file has a column 'more', which the schema does not have"),
        (#"{"id":"1"}"# + "\n" + #"{"age":1}"#, .jsonl, "line 2 has no value of 'id', which the schema asks for"),
        (#"{"id":"1","b":2}"#, .jsonl, "line 1 has a column 'b', which the schema does not have"),
    ])
    func `what a given schema does not allow is refused with its line`(
        text: String, format: DataSetFormat, message: String
    ) {
        let error = #expect(throws: ControlError.self) { try Self.schema(text, format, given: Self.given) }
        #expect(error?.message == message)
    }

    @Test func `a schema without columns, with a name twice or too long a name is refused`() {
        for names in [[], ["a", "a"], [""], [String(repeating: "x", count: 257)]] {
            let schema = DataSetSchema(
                columns: names.map { DataSetColumn(name: $0, type: .text, allowsMissing: false) })
            #expect(throws: ControlError.self) { try schema.validate() }
        }
    }

    @Test func `values come back as the column's type has them`() throws {
        let table = try Self.table("n,t,b\n1,NA,TRUE\nNA,\"\",\n-2.5,,\"false\"\n")
        #expect(table.column("n")?.values == .numbers([1, nil, -2.5]))
        #expect(table.column("t")?.values == .texts(["NA", "", nil]))
        #expect(table.column("b")?.values == .booleans([true, nil, false]))
        let json = try Self.table(#"{"a":1}"# + "\n" + #"{"b":"x"}"# + "\n" + #"{"a":null,"b":""}"#, .jsonl)
        #expect(json.rowCount == 3)
        #expect(json.column("a")?.values == .numbers([1, nil, nil]))
        #expect(json.column("b")?.values == .texts([nil, "x", ""]))
    }

    @Test func `more rows or cells than a gate can hold are refused`() throws {
        // One column would need five million lines; five hundred need forty thousand.
        let header = (0..<500).map { "c\($0)" }.joined(separator: ",") + "\n"
        var counter = RowCounter()
        let error = #expect(throws: (any Error).self) {
            for _ in 0..<50_000 { try counter.take(.init(), columns: 500) }
        }
        #expect(counter.rows == 40_001)
        #expect("\(String(describing: error))".contains("20000000 cells"))
        #expect(try Self.schema(header + String(repeating: "1,", count: 499) + "1\n").columns.count == 500)
    }

    @Test(
        arguments: [
            ("a", "a", nil), ("a:1", "a", 1), ("churn-holdout:12", "churn-holdout", 12),
        ] as [(String, String, Int?)])
    func `references to data sets`(text: String, name: String, version: Int?) {
        #expect(DataSetReference(text)?.name == name)
        #expect(DataSetReference(text)?.version == version)
    }

    @Test(arguments: ["", ":1", "a:", "a:0", "a:-1", "a:+1", "a:1:2", "a b", "../x", "a:1.0", "s3://bucket/a.csv"])
    func `what is no reference`(text: String) {
        #expect(DataSetReference(text) == nil)
    }
}
