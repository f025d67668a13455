/// JSON Lines: one object a line, whose members are the cells of one row. Columns are all names that are met, in that order;
/// a row need not have all of them. Empty lines are passed over.
///
/// Refused, with the line and the name: what is no JSON (RFC 8259), a list or object as a value, a name twice in one object,
/// bytes that are not UTF-8, and what exceeds the limits.
package struct JSONLRowReader: RowReader {
    package private(set) var names: [String] = []

    private let limits: TabularLimits
    private var columns: [String: Int] = [:]
    /// The line on which a column was met last.
    private var lastMet: [Int] = []
    private var text: [UInt8] = []
    private var row = RawRow()
    private var line = 1

    package init(limits: TabularLimits = TabularLimits()) {
        self.limits = limits
    }

    package mutating func take(
        _ piece: UnsafeRawBufferPointer, _ body: (RawRow, [String]) throws(TabularError) -> Void
    ) throws(TabularError) {
        var rest = piece[...]
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            try gather(rest[..<end])
            try endLine(body)
            line += 1
            rest = rest[rest.index(after: end)...]
        }
        try gather(rest)
    }

    package mutating func finish(_ body: (RawRow, [String]) throws(TabularError) -> Void) throws(TabularError) {
        try endLine(body)
        guard !names.isEmpty else {
            throw TabularError(
                line: nil, "is empty", hint: "each line is one JSON object: {\"age\": 31, \"region\": \"north\"}")
        }
    }

    private mutating func gather(_ bytes: Slice<UnsafeRawBufferPointer>) throws(TabularError) {
        guard text.count <= limits.rowBytes, bytes.count <= limits.rowBytes - text.count else {
            throw TabularError(line: line, "has more than \(limits.rowBytes) bytes", isTooMuch: true)
        }
        text.append(contentsOf: bytes)
    }

    private mutating func endLine(_ body: (RawRow, [String]) throws(TabularError) -> Void) throws(TabularError) {
        defer { text.removeAll(keepingCapacity: true) }
        if line == 1, text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
        guard !text.allSatisfy(JSONLineCursor.isSpace) else { return }
        guard text.allSatisfy({ $0 < 0x80 }) || UTF8Check.isValid(text) else {
            throw TabularError(line: line, "is not UTF-8", hint: "save the file as UTF-8")
        }
        row.clear()
        row.line = line
        try readObject()
        try body(row, names)
    }

    private mutating func readObject() throws(TabularError) {
        var cursor = JSONLineCursor(text: text, line: line)
        guard cursor.next() == UInt8(ascii: "{") else {
            throw TabularError(
                line: line, "is no JSON object", hint: "each line is one object: {\"age\": 31, \"region\": \"north\"}")
        }
        cursor.advance()
        if cursor.next() == UInt8(ascii: "}") {
            cursor.advance()
        } else {
            repeat { try readMember(&cursor) } while try cursor.continues(until: UInt8(ascii: "}"))
        }
        guard cursor.next() == nil else { throw cursor.fault("goes on after the object") }
    }

    private mutating func readMember(_ cursor: inout JSONLineCursor) throws(TabularError) {
        var nameBytes: [UInt8] = []
        guard cursor.next() == UInt8(ascii: "\"") else { throw cursor.fault("has no name where one belongs") }
        try cursor.string(into: &nameBytes)
        let name = String(decoding: nameBytes, as: UTF8.self)
        try cursor.expect(UInt8(ascii: ":"))
        let column = try column(name)
        let start = row.bytes.count
        let form: RawRow.Form
        switch cursor.next() {
        case UInt8(ascii: "\""):
            try cursor.string(into: &row.bytes)
            form = .string
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            throw TabularError(
                line: line, "has a list or an object as '\(ColumnNames.excerpt(name))'",
                hint: "a value is a number, a text, true, false or null: give nested values names of their own")
        default: form = try cursor.literal(into: &row.bytes, of: ColumnNames.excerpt(name))
        }
        row.cells.append(RawRow.Cell(column: column, start: start, end: row.bytes.count, form: form))
    }

    private mutating func column(_ name: String) throws(TabularError) -> Int {
        if let known = columns[name] {
            guard lastMet[known] != line else {
                throw TabularError(line: line, "has '\(ColumnNames.excerpt(name))' twice")
            }
            lastMet[known] = line
            return known
        }
        guard !name.isEmpty else { throw TabularError(line: line, "has a value without a name") }
        try ColumnNames.check(name, line: line, limits)
        guard names.count < limits.columns else {
            throw TabularError(
                line: line, "has a name too many: there are more than \(limits.columns) columns", isTooMuch: true)
        }
        columns[name] = names.count
        names.append(name)
        lastMet.append(line)
        return names.count - 1
    }
}
