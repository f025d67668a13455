import Tabular

/// What the cells of one column have been so far, and which type that makes. It keeps the first line of each kind, so that
/// what does not fit can be found.
struct ColumnProfile: Sendable {
    /// Rows that have anything to say here, missing ones aside.
    private(set) var values = 0
    private var emptyTexts = 0
    private var missingWords = 0
    private var firstText: Int?
    private var firstBoolean: Int?
    private var firstInteger: Int?
    private var firstLargeInteger: Int?
    private var firstNumber: Int?
    private var firstNotFinite: Int?
    /// A JSON string is text even where it looks like something else; a JSON number never is.
    private var firstString: Int?

    mutating func take(_ meaning: CellMeaning, form: RawRow.Form, line: Int) {
        switch meaning {
        case .missing: return
        case .emptyText: emptyTexts += 1
        case .missingWord: missingWords += 1
        case .boolean: firstBoolean = firstBoolean ?? line
        case .integer: firstInteger = firstInteger ?? line
        case .largeInteger: firstLargeInteger = firstLargeInteger ?? line
        case .number: firstNumber = firstNumber ?? line
        case .notFinite: firstNotFinite = firstNotFinite ?? line
        case .text:
            firstText = firstText ?? line
            if form == .string { firstString = firstString ?? line }
        }
        values += 1
    }

    /// The type of the column, and whether rows go without a value.
    ///
    /// CSV says nothing of types: a column is a number or boolean when all its values can be read so, else text. JSON does:
    /// a column of both is refused. Whole numbers that a `Double` cannot hold are kept as text, since they are names
    /// of things (and would be other names when rounded), unless the column has fractions too.
    func resolve(name: String, rows: Int, format: DataSetFormat) throws(TabularError) -> DataSetColumn {
        if format == .jsonl { try refuseMixture(name) }
        if isText {
            return DataSetColumn(name: name, type: .text, allowsMissing: values < rows)
        }
        if let line = firstNotFinite {
            throw TabularError(
                line: line, "has a value of '\(name)' that is not finite, or beyond what 64 bits can hold",
                hint: "leave the cell empty where there is no value")
        }
        let isMissing = values - emptyTexts - missingWords < rows
        let type: ColumnType = firstBoolean != nil ? .boolean : firstNumber != nil ? .number : .integer
        return DataSetColumn(name: name, type: type, allowsMissing: isMissing)
    }

    private var hasNumbers: Bool {
        firstInteger != nil || firstNumber != nil || firstLargeInteger != nil || firstNotFinite != nil
    }

    private var isText: Bool {
        if firstText != nil || (firstBoolean != nil && hasNumbers) { return true }
        if firstLargeInteger != nil && firstNumber == nil { return true }
        // Nothing but missing values, whatever they are called.
        return firstBoolean == nil && !hasNumbers
    }

    private func refuseMixture(_ name: String) throws(TabularError) {
        let number = [firstInteger, firstLargeInteger, firstNumber, firstNotFinite].compactMap { $0 }.min()
        let kinds = [("a text", firstString), ("a number", number), ("true or false", firstBoolean)]
            .compactMap { what, line in line.map { (what: what, line: $0) } }
            .sorted { $0.line < $1.line }
        guard kinds.count > 1 else { return }
        throw TabularError(
            line: kinds[1].line, "has \(kinds[1].what) as '\(name)', line \(kinds[0].line) has \(kinds[0].what)",
            hint: "all values of a name are of one type")
    }
}
