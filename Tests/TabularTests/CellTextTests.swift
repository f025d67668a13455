import Testing

@testable import Tabular

@Suite struct CellTextTests {
    private static func meaning(_ text: String, _ form: RawRow.Form = .bare) -> CellMeaning {
        CellText.meaning(of: Array(text.utf8)[...], form: form)
    }

    @Test(arguments: [
        ("1", CellMeaning.integer(1)), ("-0", .integer(0)), ("+7", .integer(7)), (" 42 ", .integer(42)),
        ("007", .integer(7)), ("9007199254740991", .integer(9_007_199_254_740_991)),
        ("9007199254740992", .largeInteger(9_007_199_254_740_992)),
        ("9007199254740993", .largeInteger(9_007_199_254_740_992)),
        ("-123456789012345678901", .largeInteger(-1.2345678901234568e20)),
        ("1.5", .number(1.5)), (".5", .number(0.5)), ("5.", .number(5)), ("1e3", .number(1000)),
        ("1E-3", .number(0.001)),
        ("5e-324", .number(.leastNonzeroMagnitude)), ("1e-999", .number(0)), ("1e999", .notFinite),
        ("-1e999", .notFinite),
        ("inf", .notFinite), ("-Infinity", .notFinite), ("+INF", .notFinite), ("NaN", .missingWord),
        ("nan", .missingWord),
        ("NA", .missingWord), ("N/A", .missingWord), ("null", .missingWord), ("None", .missingWord),
        ("true", .boolean(true)), ("FALSE", .boolean(false)), ("yes", .text), ("0x1F", .text), ("1_000", .text),
        ("1,5", .text), ("1e", .text), ("e1", .text), (".", .text), ("-", .text), ("--1", .text), ("1 2", .text),
        ("١", .text), ("", .missing), ("   ", .missing), ("1e5e5", .text), ("tru", .text), ("nanx", .text),
    ])
    func `what a bare cell can be read as`(text: String, expected: CellMeaning) {
        #expect(Self.meaning(text) == expected)
    }

    @Test func `a numeral as long as a row is no trap`() {
        #expect(Self.meaning(String(repeating: "9", count: 100_000)) == .notFinite)
        #expect(Self.meaning("0." + String(repeating: "0", count: 100_000) + "1") == .number(0))
        #expect(Self.meaning("1e" + String(repeating: "9", count: 100_000)) == .notFinite)
    }

    @Test func `quotes keep numbers numbers, empty texts texts, and words words`() {
        #expect(Self.meaning("12", .quoted) == .integer(12))
        #expect(Self.meaning("", .quoted) == .emptyText)
        #expect(Self.meaning("NA", .quoted) == .text)
        #expect(Self.meaning("12", .string) == .text)
        #expect(Self.meaning("", .string) == .text)
        #expect(Self.meaning("", .null) == .missing)
    }
}
