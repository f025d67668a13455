import Testing

@testable import Tabular

/// What a reader made of a text: names, and the cells of each row with their forms and its line.
struct Rows {
    var names: [String] = []
    var cells: [[String]] = []
    var forms: [[RawRow.Form]] = []
    var lines: [Int] = []

    /// - Parameter piece: how many bytes the reader gets at once.
    init(_ reader: some RowReader, _ bytes: [UInt8], piece: Int = .max) throws(TabularError) {
        var reader = reader
        var rest = bytes[...]
        while !rest.isEmpty {
            let part = Array(rest.prefix(piece))
            rest = rest.dropFirst(part.count)
            try part.withUnsafeBufferPointer { (part) throws(TabularError) in
                try reader.take(UnsafeRawBufferPointer(part)) { keep($0, $1) }
            }
        }
        try reader.finish { keep($0, $1) }
        names = reader.names
    }

    private mutating func keep(_ row: RawRow, _ names: [String]) {
        cells.append(row.cells.map { row.text(of: $0) })
        forms.append(row.cells.map(\.form))
        lines.append(row.line)
    }
}

/// Where and why a text is refused; `nil` when it is not.
func refusal(_ reader: some RowReader, _ bytes: [UInt8], piece: Int = .max) -> TabularError? {
    do {
        _ = try Rows(reader, bytes, piece: piece)
        return nil
    } catch { return error }
}

@Suite struct CSVRowReaderTests {
    private static func csv(_ text: String, piece: Int = .max) throws -> Rows {
        try Rows(CSVRowReader(), Array(text.utf8), piece: piece)
    }

    /// As RFC 4180 writes it; everything that needs quotes has them, and some cells that do not.
    private static func write(
        _ rows: [[String?]], separator: String, lineEnd: String, _ random: inout SeededRandom
    ) -> String {
        rows.map { row in
            row.map { cell in
                guard let cell else { return "" }
                let needsQuotes =
                    cell.isEmpty || cell.utf8.contains { [0x0A, 0x0D, 0x22].contains($0) }
                    || separator.utf8.contains { cell.utf8.contains($0) }
                    || (row.count == 1 && cell.allSatisfy { $0 == " " || $0 == "\t" })
                guard needsQuotes || Bool.random(using: &random) else { return cell }
                return "\"" + cell.replacing("\"", with: "\"\"") + "\""
            }.joined(separator: separator)
        }.joined(separator: lineEnd)
    }

    @Test(arguments: 0..<60)
    func `what is written is what is read`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let separator = [",", ";", "\t"].randomElement(using: &random) ?? ","
        let lineEnd = Bool.random(using: &random) ? "\n" : "\r\n"
        let pieces = ["a", "Z", "0", " ", ",", ";", "\t", "\"", "\n", "\r\n", "é", "日本", "👍🏽", "e\u{301}", "-1.5"]
        let width = Int.random(in: 2...6, using: &random)
        let names = (0..<width).map { "column \($0)" }
        var rows: [[String?]] = []
        for _ in 0..<Int.random(in: 0...30, using: &random) {
            rows.append(
                (0..<width).map { _ in
                    guard Int.random(in: 0..<8, using: &random) > 0 else { return nil }
                    return (0..<Int.random(in: 0...5, using: &random)).map { _ in
                        pieces.randomElement(using: &random) ?? ""
                    }.joined()
                })
        }
        var text = Self.write([names] + rows, separator: separator, lineEnd: lineEnd, &random)
        if Bool.random(using: &random) { text += lineEnd }
        if Bool.random(using: &random) { text = "\u{FEFF}" + text }
        for piece in [1, 7, Int.max] {
            let read = try Self.csv(text, piece: piece)
            #expect(read.names == names)
            // A cell that is missing stands bare and empty, an empty text in quotes.
            let values = zip(read.cells, read.forms).map { cells, forms in
                zip(cells, forms).map { $0.isEmpty && $1 == .bare ? nil : $0 }
            }
            #expect(values == rows)
        }
    }

    @Test func `rows know the line on which they begin`() throws {
        let read = try Self.csv("a,b\r\n\"1\r\n2\",3\r\n\r\n4,5")
        #expect(read.cells == [["1\r\n2", "3"], ["4", "5"]])
        #expect(read.lines == [2, 5])
    }

    static let refused: [(String, Int?, String)] = [
        ("", nil, "is empty"), ("\n\n  \n", nil, "is empty"), ("\u{FEFF}", nil, "is empty"),
        ("a,b\n1\n", 2, "has 1 cells, the header has 2"),
        ("a,b\n1,2\n\"x\ny\",2,3\n", 3, "has 3 cells, the header has 2"),
        ("a,b\n\"1,2\n3,4\n", 2, "opens a quote that is never closed"),
        ("a,b\n\"1\"x,2\n", 2, "goes on after a closing quote"), ("a,b\n1,\0\n", 2, "has a NUL byte"),
        ("a\rb\n1\n", 1, "has a carriage return that ends no line"), ("a,a\n1,2\n", nil, "has two columns named a"),
        ("a,\n1,2\n", nil, "has no name for column 2"), (",b\n1,2\n", nil, "has no name for column 1"),
        ("1,2.5\n3,4\n", nil, "begins with numbers, where the names of the columns belong"),
        ("\"a\nb\",c\n1,2\n", 1, "has a column name with a control character in it"),
    ]

    @Test(arguments: refused)
    func `what is wrong, and on which line`(text: String, line: Int?, problem: String) {
        for piece in [1, Int.max] {
            let error = refusal(CSVRowReader(), Array(text.utf8), piece: piece)
            #expect(error?.problem == problem)
            #expect(error?.line == line)
        }
    }

    @Test(arguments: [
        ([UInt8](repeating: 0xFF, count: 3), 1, "is not UTF-8"),
        (Array("a,b\n1,".utf8) + [0xC3, 0x28], 2, "is not UTF-8"),
        (Array("a,b\n1,".utf8) + [0xED, 0xA0, 0x80, 0x0A], 2, "is not UTF-8"),
        ([0xFF, 0xFE, 0x61, 0x00, 0x2C, 0x00], 1, "is UTF-16, not UTF-8"),
    ])
    func `bytes that are not UTF-8 are refused with their line`(bytes: [UInt8], line: Int, problem: String) {
        let error = refusal(CSVRowReader(), bytes)
        #expect(error?.problem == problem)
        #expect(error?.line == line)
    }

    @Test func `a line of ten megabytes and a million columns are refused before they take memory`() {
        let long = Array("a,b\n1,2\n".utf8) + [UInt8](repeating: UInt8(ascii: "x"), count: 10_000_000)
        let error = refusal(CSVRowReader(), long, piece: 1 << 16)
        #expect(error?.line == 3)
        #expect(error?.isTooMuch == true)
        let open = Array("a,b\n1,\"".utf8) + [UInt8](repeating: UInt8(ascii: "\n"), count: 3_000_000)
        #expect(refusal(CSVRowReader(), open, piece: 1 << 16)?.line == 2)
        let wide = Array((0..<1_000_000).map { "c\($0)" }.joined(separator: ",").utf8)
        #expect(refusal(CSVRowReader(), wide, piece: 1 << 16)?.isTooMuch == true)
        let commas = [UInt8](repeating: UInt8(ascii: ","), count: 1_000_000) + [0x0A]
        #expect(refusal(CSVRowReader(), commas, piece: 1 << 16)?.problem == "has more than 4096 cells")
    }

    @Test(arguments: 0..<200)
    func `whatever comes, the reader ends, and by pieces as at once`(seed: Int) {
        var random = SeededRandom(seed: UInt64(seed))
        let alphabet: [UInt8] = Array("a1,;\t\"\n\r \0.".utf8) + [0xC3, 0xA9, 0xFF]
        let bytes = (0..<Int.random(in: 0...120, using: &random)).map { _ in
            alphabet.randomElement(using: &random) ?? 0
        }
        let whole = try? Rows(CSVRowReader(), bytes)
        let pieces = try? Rows(CSVRowReader(), bytes, piece: 3)
        #expect(whole?.cells == pieces?.cells)
        #expect(refusal(CSVRowReader(), bytes) == refusal(CSVRowReader(), bytes, piece: 1))
    }
}
