import Tensors

/// The state of reading one scoring request in JSON.
struct InvocationsReader {
    private var cursor: JSONCursor
    private let signature: Signature

    init(cursor: JSONCursor, signature: Signature) {
        self.cursor = cursor
        self.signature = signature
    }

    mutating func read() throws(JSONProblem) -> [Tensor] {
        var found: (field: InvocationsField, inputs: [Tensor])?
        var others: [String] = []
        if try cursor.openObject() {
            repeat {
                let place = (cursor.next(), cursor.offset).1
                let key = try cursor.key()
                if let field = InvocationsField(key) {
                    if let found {
                        throw JSONProblem(
                            "a request has one of \(InvocationsField.listed), not both '\(found.field.rawValue)' and "
                                + "'\(field.rawValue)'", at: place)
                    }
                    do { found = (field, try read(field)) } catch { throw error.within(field.rawValue) }
                } else if key.equals("params") {
                    try readParameters()
                } else {
                    if others.count < 8 { others.append(String(key.string.prefix(64))) }
                    try cursor.skipValue(depth: 1)
                }
            } while try cursor.objectContinues()
        }
        try cursor.expectEnd()
        guard let found else { throw missing(others) }
        return found.inputs
    }

    private func missing(_ others: [String]) -> JSONProblem {
        let sentence = "the request needs one of \(InvocationsField.listed)"
        for name in others {
            if let near = NameSuggestion.nearest(to: name, among: InvocationsField.allCases.map(\.rawValue)) {
                return JSONProblem(sentence + ", got '\(name)'; did you mean '\(near)'?")
            }
        }
        return JSONProblem(sentence + (others.isEmpty ? "" : ", got \(SignatureCheck.listed(others))"))
    }

    /// Parameters of inference are for models that take some; the models here are graphs with inputs alone.
    private mutating func readParameters() throws(JSONProblem) {
        if cursor.null() { return }
        let place = (cursor.next(), cursor.offset).1
        do throws(JSONProblem) {
            guard try !cursor.openObject() else {
                throw JSONProblem("the model takes no parameters: leave 'params' out", at: place)
            }
        } catch {
            throw error.within("params")
        }
    }

    private mutating func read(_ field: InvocationsField) throws(JSONProblem) -> [Tensor] {
        switch field {
        case .split: return try readSplit()
        case .records: return try readRecords()
        case .instances, .inputs:
            // As in TensorFlow Serving's interface, where both come from.
            var reader = TFServingRequestReader(cursor: cursor, signature: signature)
            if field == .instances { try reader.readInstances() } else { try reader.readColumns() }
            cursor = reader.cursor
            return try reader.finishedInputs()
        }
    }

    // MARK: dataframe_split

    private mutating func readSplit() throws(JSONProblem) -> [Tensor] {
        var columns: [String]?
        var hasColumns = false
        var table: RowTable?
        var later: JSONCursor?
        if try cursor.openObject() {
            repeat {
                let place = (cursor.next(), cursor.offset).1
                let key = try cursor.key()
                if key.equals("columns"), !hasColumns {
                    hasColumns = true
                    do { columns = try readNames() } catch { throw error.within("columns") }
                } else if key.equals("data"), table == nil, later == nil {
                    if hasColumns {
                        do { table = try readRows(columns) } catch { throw error.within("data") }
                    } else {
                        // Their names may come behind them.
                        later = cursor
                        try cursor.skipValue(depth: 2)
                    }
                } else if key.equals("index") {
                    try cursor.skipValue(depth: 2)
                } else {
                    throw JSONProblem(
                        "a table has 'data', and besides it 'columns' and 'index', each once; got "
                            + "'\(key.string.prefix(64))'", at: place)
                }
            } while try cursor.objectContinues()
        }
        if let later {
            let end = cursor
            cursor = later
            do { table = try readRows(columns) } catch { throw error.within("data") }
            cursor = end
        }
        guard let table else { throw JSONProblem("the table has no 'data'") }
        return try table.finished()
    }

    /// Names of columns: texts, or numbers as pandas has them where nobody gave names. `nil` for none.
    private mutating func readNames() throws(JSONProblem) -> [String]? {
        if cursor.null() { return nil }
        guard try cursor.openList() else { return nil }
        var names: [String] = []
        let most = RowTable.mostColumns(signature)
        repeat {
            guard names.count < most else { throw RowTable.tooWide(most) }
            if cursor.next() == UInt8(ascii: "\"") {
                names.append(try cursor.string().string)
            } else {
                names.append(String(decoding: try cursor.numberText(), as: UTF8.self))
            }
        } while try cursor.listContinues()
        return names
    }

    private mutating func readRows(_ columns: [String]?) throws(JSONProblem) -> RowTable {
        var table: RowTable?
        guard try cursor.openList() else { throw JSONProblem("there are no rows", at: cursor.offset) }
        var number = 0
        do throws(JSONProblem) {
            repeat {
                try readRow(columns, &table)
                number += 1
            } while try cursor.listContinues()
        } catch {
            throw error.within("[\(number)]")
        }
        guard let table else { throw JSONProblem("there are no rows") }
        return table
    }

    private mutating func readRow(_ columns: [String]?, _ table: inout RowTable?) throws(JSONProblem) {
        let place = (cursor.next(), cursor.offset).1
        if table == nil { table = try begin(columns, at: place) }
        var column = 0
        let width = table?.width ?? 0
        if try cursor.openList() {
            repeat {
                guard column < width else {
                    throw JSONProblem("expected \(width) values, one for each column, got more", at: place)
                }
                do { try table?.readCell(&cursor, column: column) } catch { throw error.within("[\(column)]") }
                column += 1
            } while try cursor.listContinues()
        }
        guard column == width else {
            throw JSONProblem("expected \(width) values, one for each column, got \(column)", at: place)
        }
        table?.endRow()
    }

    /// A table for rows like the one that stands here.
    private func begin(_ columns: [String]?, at place: Int) throws(JSONProblem) -> RowTable {
        var probe = cursor
        var count = 0
        let isFilled = try probe.openList()
        let isNested = isFilled && probe.next() == UInt8(ascii: "[")
        if let columns {
            count = columns.count
        } else if isFilled {
            repeat {
                try probe.skipValue(depth: 3)
                count += 1
            } while try probe.listContinues()
        }
        do {
            return try RowTable(columns: columns, count: count, isNested: isNested, signature: signature)
        } catch {
            throw error.at(place)
        }
    }

    // MARK: dataframe_records

    private mutating func readRecords() throws(JSONProblem) -> [Tensor] {
        guard try cursor.openList() else { throw JSONProblem("there are no records", at: cursor.offset) }
        var records = RecordRows(signature: signature)
        var number = 0
        do throws(JSONProblem) {
            repeat {
                try records.read(&cursor)
                number += 1
            } while try cursor.listContinues()
        } catch {
            throw error.within("[\(number)]")
        }
        return try records.finished()
    }
}
