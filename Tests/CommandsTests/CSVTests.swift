import Testing

@testable import Commands

struct CSVTests {
    @Test(arguments: [
        "a,b\n1,2\n3,4\n", "a,b\r\n1,2\r\n3,4\r\n", "a,b\n1,2\n3,4", "\u{FEFF}a,b\n1,2\n3,4\n", "a;b\n1;2\n3;4\n",
        "a\tb\n1\t2\n3\t4", "\"a\",\"b\"\n\"1\",2\n3,\"4\"", "a,b\n\n1,2\n  \n3,4\n\n", " a , b \n1,2\n3,4",
    ])
    func `one table in many spellings`(text: String) throws {
        let (header, rows) = try CSVReader.read(text, source: "f")
        #expect(header == ["a", "b"])
        #expect(rows.map(\.cells) == [["1", "2"], ["3", "4"]])
    }

    @Test func `quotes keep separators, quotes and line ends`() throws {
        let text = "a,b\n\"x, y\",\"he said \"\"no\"\"\"\n\"two\nlines\",\"\"\nlast,row"
        let (_, rows) = try CSVReader.read(text, source: "f")
        #expect(rows.map(\.cells) == [["x, y", "he said \"no\""], ["two\nlines", ""], ["last", "row"]])
        #expect(rows.map(\.line) == [2, 3, 5])
    }

    @Test func `empty cells are cells`() throws {
        let (_, rows) = try CSVReader.read("a,b,c\n,,\n1,,3\n,2,", source: "f")
        #expect(rows.map(\.cells) == [["", "", ""], ["1", "", "3"], ["", "2", ""]])
    }

    @Test(arguments: [
        ("", "f is empty"), ("a,b\n1,2,3", "f, line 2 has 3 cells, the header has 2"),
        ("a,b\n1,2\n\n3", "f, line 4 has 1 cells, the header has 2"), ("a,a\n1,2", "f has two columns named a"),
        ("a,\n1,2", "f has no name for column 2"), ("a,b\n\"1,2", "f, line 2 opens a quote that is never closed"),
        ("1.5,2\n3,4", "f begins with numbers, where the names of the columns belong"),
    ])
    func `what is wrong, and on which line`(text: String, message: String) {
        #expect { try CSVReader.read(text, source: "f") } throws: { ($0 as? Failure)?.message == message }
    }

    @Test func `columns counted from 0, as data frames without names have them, are a header`() throws {
        #expect(try CSVReader.read("0,1,2\n5,6,7", source: "f").header == ["0", "1", "2"])
    }
}
