import InferenceProtocol
import Journal
import Registry
import Tensors

/// How the rows of a data set become inputs of one model. Made once, and checked against signature and data set then.
struct InputPlan: Sendable {
    struct Feed: Sendable {
        let spec: TensorSpec
        let columns: [DataTable.Column]
        /// The dimensions behind the first.
        let rowShape: [Int]
    }

    let feeds: [Feed]
    /// Rows that the model takes at once and no others, where its leading dimension is fixed.
    let fixedRows: Int?

    /// - Parameters:
    ///   - target: a column that no input may take unless the mapping names it; the truth is not for the model to see.
    ///   - who: the version, for errors.
    init(
        _ signature: Signature, _ table: DataTable, _ mapping: ColumnMapping, target: String?, who: String
    ) throws(ControlError) {
        var feeds: [Feed] = []
        var fixedRows: Int?
        for (spec, names) in try Self.columns(signature, table, mapping, target: target, who: who) {
            var columns: [DataTable.Column] = []
            for name in names {
                let column = try Self.column(name, table)
                try Self.check(column, for: spec, who: who)
                columns.append(column)
            }
            let rowShape = try Self.rowShape(spec, columns, who: who)
            if case .fixed(let size)? = spec.shape.first {
                guard size > 0, fixedRows == nil || fixedRows == size else {
                    throw ControlError(
                        .invalid, "\(who) takes a different number of rows in each input", field: "inputs")
                }
                fixedRows = size
            }
            feeds.append(Feed(spec: spec, columns: columns, rowShape: rowShape))
        }
        self.feeds = feeds
        self.fixedRows = fixedRows
    }

    static func column(_ name: String, _ table: DataTable) throws(ControlError) -> DataTable.Column {
        if let column = table.column(name) { return column }
        let names = table.columns.map(\.name)
        let near = NameSuggestion.nearest(to: name, among: names)
        throw ControlError(
            .invalid, "the data set \(table.label) has no column '\(Name.excerpt(of: name))'",
            hint: near.map { "did you mean '\($0)'?" } ?? "it has \(listed(names))")
    }

    static func listed(_ names: [String]) -> String {
        let shown = names.prefix(8).map { "'\(Name.excerpt(of: $0))'" }.joined(separator: ", ")
        if names.isEmpty { return "none" }
        return names.count > 8 ? shown + " and \(names.count - 8) more" : shown
    }

    // MARK: - Which columns

    private static func columns(
        _ signature: Signature, _ table: DataTable, _ mapping: ColumnMapping, target: String?, who: String
    ) throws(ControlError) -> [(TensorSpec, [String])] {
        if let inputs = mapping.inputs { return try named(inputs, signature, who: who) }
        let required = signature.inputs.filter { !$0.isOptional }
        if let features = mapping.features {
            guard let only = required.first, required.count == 1 else {
                throw ControlError(
                    .invalid, "\(who) has \(required.count) inputs, so 'features' is not enough", field: "features",
                    hint: "say with 'inputs' which columns go into \(listed(required.map(\.name)))")
            }
            return [(only, features)]
        }
        let others = table.columns.map(\.name).filter { $0 != target }
        if let only = required.first, required.count == 1 {
            let takesOne = only.shape.count == 1 || only.shape.dropFirst().allSatisfy { $0 == .fixed(1) }
            return [(only, takesOne && others.contains(only.name) && !only.shape.isEmpty ? [only.name] : others)]
        }
        for spec in required where !others.contains(spec.name) {
            let near = NameSuggestion.nearest(to: spec.name, among: others).map { "did you mean '\($0)'? " } ?? ""
            throw ControlError(
                .invalid, "no column of \(table.label) is named as the input '\(spec.name)' of \(who)", field: "inputs",
                hint: near + "say with 'inputs' which columns go into which input")
        }
        return required.map { ($0, [$0.name]) }
    }

    private static func named(
        _ inputs: [String: [String]], _ signature: Signature, who: String
    ) throws(ControlError) -> [(TensorSpec, [String])] {
        let names = signature.inputs.map(\.name)
        for name in inputs.keys.sorted() where !names.contains(name) {
            let near = NameSuggestion.nearest(to: name, among: names)
            throw ControlError(
                .invalid, "\(who) has no input '\(Name.excerpt(of: name))'", field: "inputs",
                hint: near.map { "did you mean '\($0)'?" } ?? "it has \(listed(names))")
        }
        var pairs: [(TensorSpec, [String])] = []
        for spec in signature.inputs {
            if let columns = inputs[spec.name] {
                pairs.append((spec, columns))
            } else if !spec.isOptional {
                throw ControlError(
                    .invalid, "\(who) also needs the input '\(spec.name)'", field: "inputs",
                    hint: "say which columns go into it")
            }
        }
        return pairs
    }

    // MARK: - Whether they fit

    private static func check(
        _ column: DataTable.Column, for spec: TensorSpec, who: String
    ) throws(ControlError) {
        let isText = if case .texts = column.values { true } else { false }
        guard isText != (spec.elementType == .bytes) else { return }
        throw ControlError(
            .invalid,
            "the column '\(column.name)' holds \(isText ? "texts" : "no texts"), but the input '\(spec.name)' of \(who) "
                + "takes \(spec.elementType.rawValue)", field: "features",
            hint: "name the columns that the model takes, in its order, with 'features' or 'inputs'")
    }

    private static func rowShape(
        _ spec: TensorSpec, _ columns: [DataTable.Column], who: String
    ) throws(ControlError) -> [Int] {
        let count = columns.count
        var wanted: Int? = 1
        var dimensions: [Int] = []
        for dimension in spec.shape.dropFirst() {
            guard case .fixed(let size) = dimension, let product = wanted else {
                wanted = nil
                break
            }
            let (next, overflow) = product.multipliedReportingOverflow(by: size)
            wanted = overflow ? 0 : next
            dimensions.append(size)
        }
        // A file that says nothing of the shape, and one open dimension behind the rows, take any number of columns.
        if spec.shape.isEmpty || (wanted == nil && spec.shape.count == 2) { return [count] }
        guard let wanted else {
            throw ControlError(
                .invalid, "the input '\(spec.name)' of \(who) has several open dimensions: no row of a table fills them"
            )
        }
        guard wanted == count else {
            throw ControlError(
                .invalid,
                "the input '\(spec.name)' of \(who) takes \(wanted) columns, got \(count): "
                    + listed(columns.map(\.name)), field: "features",
                hint: "name the columns that the model takes, in its order, with 'features' or 'inputs'")
        }
        return dimensions
    }
}
