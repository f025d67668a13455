import Documents
import Journal
import ManagementAPI

/// Models and data sets: what has bytes of its own.
extension DeclarationReader {
    func dataSet(_ item: inout DocumentFields) throws(ControlError) -> DataSetDeclaration {
        let name = try name("name", &item)
        let format = try item.word("format", among: DataFileFormat.allCases.map(\.rawValue))
        let schema = try schema(&item)
        let file = try reference("file", &item)
        if file == nil, format != nil || schema != nil {
            throw item.refusal("file", "is missing, but 'format' or 'schema' is there")
        }
        return DataSetDeclaration(
            name: name, space: try space(of: &item), file: file, format: format.flatMap(DataFileFormat.init),
            schema: schema, place: place(item.path))
    }

    private func schema(_ item: inout DocumentFields) throws(ControlError) -> DataSchema? {
        guard let value = item.value("schema") else { return nil }
        var fields = try DocumentFields(value, at: item.place("schema"))
        guard let values = try fields.list("columns", atMost: Self.mostEntries) else {
            throw fields.refusal("columns", "is missing")
        }
        try fields.finish()
        var columns: [DataColumn] = []
        for value in values {
            var column = try DocumentFields(value, at: "\(fields.place("columns"))[\(columns.count)]")
            let name = try column.required("name")
            guard let word = try column.word("type", among: DataColumnType.allCases.map(\.rawValue)),
                let type = DataColumnType(rawValue: word)
            else { throw column.refusal("type", "is missing") }
            let allowsMissing = try column.flag("allowsMissing") ?? false
            try column.finish()
            guard !columns.contains(where: { $0.name == name }) else {
                throw column.refusal("name", "is '\(Name.excerpt(of: name))' a second time")
            }
            columns.append(DataColumn(name: name, type: type, allowsMissing: allowsMissing))
        }
        return DataSchema(columns: columns)
    }

    func model(_ item: inout DocumentFields) throws(ControlError) -> ModelDeclaration {
        let name = try name("name", &item)
        let model = ModelDeclaration(
            name: name, space: try space(of: &item), file: try reference("file", &item),
            golden: try reference("golden", &item), reference: try reference("reference", &item),
            metrics: try numbers("metrics", &item), tags: try texts("tags", &item),
            gitCommit: try item.text("gitCommit"), dataSet: try item.text("dataSet"), place: place(item.path))
        let belongsToFile =
            model.golden != nil || model.reference != nil || !model.metrics.isEmpty || !model.tags.isEmpty
            || model.gitCommit != nil || model.dataSet != nil
        if model.file == nil, belongsToFile {
            throw item.refusal("file", "is missing, but there is what belongs to a file")
        }
        return model
    }

    private func numbers(_ member: String, _ item: inout DocumentFields) throws(ControlError) -> [String: Double] {
        guard let value = item.value(member) else { return [:] }
        guard case .mapping(let members) = value else {
            throw DocumentFields.wrong(item.place(member), "a mapping of names to numbers", value)
        }
        var numbers: [String: Double] = [:]
        for (name, value) in members.sorted(by: { $0.key < $1.key }) {
            switch value {
            case .whole(let number): numbers[name] = Double(number)
            case .number(let number): numbers[name] = number
            default: throw DocumentFields.wrong("\(item.place(member)).\(name)", "a number", value)
            }
        }
        return numbers
    }

    private func texts(_ member: String, _ item: inout DocumentFields) throws(ControlError) -> [String: String] {
        guard let value = item.value(member) else { return [:] }
        guard case .mapping(let members) = value else {
            throw DocumentFields.wrong(item.place(member), "a mapping of names to texts", value)
        }
        var fields = try DocumentFields(value, at: item.place(member))
        var texts: [String: String] = [:]
        for name in members.keys.sorted() { texts[name] = try fields.text(name) }
        return texts
    }
}
