import Testing

@testable import Tabular

@Suite struct JSONLRowReaderTests {
    private static func jsonl(_ text: String, piece: Int = .max) throws -> Rows {
        try Rows(JSONLRowReader(), Array(text.utf8), piece: piece)
    }

    @Test(arguments: [1, 5, Int.max])
    func `an object a line, in any order of names`(piece: Int) throws {
        let read = try Self.jsonl(
            "\u{FEFF}{\"a\": 1, \"b\": \"x\\u00e9\\n\\ud83d\\ude00\"}\r\n\n{ \"b\":null ,\"c\":true}\n{}", piece: piece)
        #expect(read.names == ["a", "b", "c"])
        #expect(read.cells == [["1", "xé\n😀"], ["", "true"], []])
        #expect(read.forms == [[.bare, .string], [.null, .bare], []])
        #expect(read.lines == [1, 3, 4])
    }

    static let refused: [(String, Int?, String)] = [
        ("", nil, "is empty"), ("\n\n", nil, "is empty"), ("{}\n{}", nil, "is empty"), ("[1]", 1, "is no JSON object"),
        ("{\"a\":1}\n{\"a\":[1]}", 2, "has a list or an object as 'a'"),
        ("{\"a\":1}\n\n{\"a\":{\"b\":1}}", 3, "has a list or an object as 'a'"),
        ("{\"a\":1,\"a\":2}", 1, "has 'a' twice"), ("{\"\":1}", 1, "has a value without a name"),
        ("{\"a\":1} x", 1, "goes on after the object (at character 9)"),
        ("{\"a\":NaN}", 1, "has a value that JSON does not know as 'a' (at character 6)"),
        ("{\"a\":01}", 1, "has a value that JSON does not know as 'a' (at character 6)"),
        ("{\"a\":1.}", 1, "has a value that JSON does not know as 'a' (at character 6)"),
        ("{\"a\":+1}", 1, "has a value that JSON does not know as 'a' (at character 6)"),
        ("{\"a\":}", 1, "has no value as 'a' (at character 6)"),
        ("{\"a\" 1}", 1, "has no ':' where one belongs (at character 6)"),
        ("{\"a\":1", 1, "ends before its object does (at character 7)"),
        ("{\"a\":1;}", 1, "has a value that JSON does not know as 'a' (at character 6)"),
        ("{\"a\":\"x}", 1, "opens a quote that is never closed (at character 9)"),
        ("{\"a\":\"\\x\"}", 1, "has an escape that JSON does not know (at character 9)"),
        ("{\"a\":\"\\ud800\"}", 1, "has half of a surrogate pair (at character 13)"),
        ("{\"a\":\"\\udc00\"}", 1, "has half of a surrogate pair (at character 13)"),
        ("{\"a\":\"\\u0000\"}", 1, "has a NUL character in a text (at character 13)"),
        ("{\"a\":\"\t\"}", 1, "has a control character in a text: write it as \\u0009 (at character 8)"),
        ("{a:1}", 1, "has no name where one belongs (at character 2)"),
        ("{\"a\":1,}", 1, "has no name where one belongs (at character 8)"),
    ]

    @Test(arguments: refused)
    func `what is wrong, and on which line`(text: String, line: Int?, problem: String) {
        for piece in [1, Int.max] {
            let error = refusal(JSONLRowReader(), Array(text.utf8), piece: piece)
            #expect(error?.problem == problem)
            #expect(error?.line == line)
        }
    }

    @Test func `long lines, many names and other encodings are refused`() {
        let long = Array("{\"a\":1}\n{\"a\":\"".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 10_000_000)
        #expect(refusal(JSONLRowReader(), long, piece: 1 << 16)?.line == 2)
        let names = (0..<10_000).map { "{\"n\($0)\":1}" }.joined(separator: "\n")
        #expect(refusal(JSONLRowReader(), Array(names.utf8))?.isTooMuch == true)
        let error = refusal(JSONLRowReader(), Array("{\"a\":\"".utf8) + [0xC3] + Array("\"}".utf8))
        #expect(error?.problem == "is not UTF-8")
        #expect(refusal(JSONLRowReader(), [0, 0, 0])?.line == 1)
    }

    @Test(arguments: 0..<300)
    func `whatever comes, the reader ends, and by pieces as at once`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let alphabet = [
            "{", "}", "\"a\"", "\"b\"", ":", ",", "1", "-1.5e3", "null", "tr", "\n", " ", "\\u", "[", "\"", "é",
        ]
        let text = (0..<Int.random(in: 0...40, using: &random)).map { _ in
            alphabet.randomElement(using: &random) ?? ""
        }.joined()
        #expect(refusal(JSONLRowReader(), Array(text.utf8)) == refusal(JSONLRowReader(), Array(text.utf8), piece: 1))
    }
}
