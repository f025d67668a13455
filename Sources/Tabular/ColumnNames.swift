/// What the names of columns must be, whatever the format.
enum ColumnNames {
    static func check(_ name: String, line: Int, _ limits: TabularLimits) throws(TabularError) {
        guard name.utf8.count <= limits.nameBytes else {
            throw TabularError(
                line: line, "has a column name of \(name.utf8.count) bytes, at most \(limits.nameBytes)")
        }
        for scalar in name.unicodeScalars where scalar.value < 0x20 || scalar.value == 0x7F {
            throw TabularError(line: line, "has a column name with a control character in it", hint: "rename it")
        }
    }

    /// Without blanks at both ends.
    static func trimmed(_ text: String) -> String {
        var rest = text[...]
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        return String(rest)
    }

    /// As a message can carry it.
    static func excerpt(_ name: String) -> String {
        let visible = String(
            String.UnicodeScalarView(name.unicodeScalars.prefix(64).map { $0.value < 0x20 ? "?" : $0 }))
        return name.unicodeScalars.count > 64 ? visible + "..." : visible
    }
}
