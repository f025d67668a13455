/// A TensorFlow Serving answer as a table: `predictions` by row, `outputs` by column.
struct TensorFlowAnswer: Decodable, Sendable {
    var predictions: [JSONValue]?
    var outputs: JSONValue?

    var table: Table {
        if let predictions { return Self.table(predictions) }
        guard case .object(let columns)? = outputs else { return Self.table(Self.items(outputs)) }
        let names = columns.keys.sorted()
        let lists = names.map { Self.items(columns[$0]) }
        let count: Int = lists.map(\.count).max() ?? 0
        let rows = (0..<count).map { row -> JSONValue in
            var members: [String: JSONValue] = [:]
            for (name, list) in zip(names, lists) { members[name] = row < list.count ? list[row] : .null }
            return .object(members)
        }
        return Self.table(rows)
    }

    private static func items(_ value: JSONValue?) -> [JSONValue] {
        if case .array(let items)? = value { items } else { value.map { [$0] } ?? [] }
    }

    private static func table(_ rows: [JSONValue]) -> Table {
        var names: [String] = []
        if case .object(let first)? = rows.first { names = first.keys.sorted() }
        let titles = names.isEmpty ? ["PREDICTION"] : names
        let cells = rows.enumerated().map { number, row -> [String] in
            guard case .object(let members) = row else { return [String(number + 1), text(row)] }
            return [String(number + 1)] + names.map { members[$0].map(text) ?? "" }
        }
        return Table(
            columns: [.init(title: "ROW", isNumber: true)] + titles.map { .init(title: $0, mayShrink: true) },
            rows: cells)
    }

    private static func text(_ value: JSONValue) -> String {
        switch value {
        case .number(let number): NumberText.significant(number)
        case .array(let items):
            items.prefix(12).map(text).joined(separator: " ") + (items.count > 12 ? " … \(items.count - 12) more" : "")
        case .object(let members):
            members.sorted { $0.key < $1.key }.map { "\($0.key)=\(text($0.value))" }.joined(separator: " ")
        default: value.cell ?? ""
        }
    }
}
