import Tensors

/// A table of rows on its way into the inputs of a model.
///
/// Either the columns are the features of the one input, in their order, or each is an input by its name. A column of
/// numbers fits an input of the shape `[rows]` and one of the shape `[rows, 1]`; lists in cells fit deeper ones.
struct RowTable {
    private enum Plan {
        /// All columns, side by side, are the last dimension of this input.
        case features(Int)
        /// Each column is the input of this index.
        case named([Int])
    }

    /// How many columns there are.
    let width: Int
    private let plan: Plan
    private let signature: Signature
    private var tensors: [NestedTensor]
    /// By column, how deep in its tensor a cell lies; 0 until the first one has been met.
    private var levels: [Int]
    private(set) var rows = 0

    /// - Parameters:
    ///   - columns: their names; `nil` where nobody gave any.
    ///   - isNested: whether the first cell is a list.
    init(columns: [String]?, count: Int, isNested: Bool, signature: Signature) throws(JSONProblem) {
        width = count
        self.signature = signature
        tensors = signature.inputs.map { NestedTensor($0) }
        levels = Array(repeating: 0, count: count)
        guard count > 0 else { throw JSONProblem("there are no columns") }
        plan = try Self.plan(columns, count, isNested, signature.inputs)
        switch plan {
        case .features(let index):
            let isFlat = signature.inputs[index].shape.count == 1
            tensors[index].dimensions = isFlat ? [-1] : [-1, count]
        case .named(let indices): for index in indices { tensors[index].beginRows() }
        }
    }

    // MARK: columns

    /// Names and cells of a first row are kept before anybody can tell whether they fit: not of millions of them, which a
    /// body of commas has. More than the model takes, so that a table that is a little too wide is told how wide it may be.
    static func mostColumns(_ signature: Signature) -> Int {
        var most = max(1024, signature.inputs.count)
        if signature.inputs.count == 1, let shape = signature.inputs.first?.shape, shape.count == 2 {
            if case .fixed(let features) = shape[1] { most = max(most, features) } else { most = 1 << 18 }
        }
        return most
    }

    static func tooWide(_ most: Int) -> JSONProblem {
        JSONProblem("there are more than \(most) columns, which no input of the model takes")
    }

    private static func plan(
        _ columns: [String]?, _ count: Int, _ isNested: Bool, _ inputs: [TensorSpec]
    ) throws(JSONProblem) -> Plan {
        if let columns, let indices = names(columns, inputs) { return .named(indices) }
        if inputs.count == 1, let input = inputs.first {
            if isNested, count == 1 { return .named([0]) }
            try check(count, of: input)
            return .features(0)
        }
        guard let columns else {
            guard count == inputs.count else {
                throw JSONProblem(
                    "expected \(inputs.count) columns, one for each input (\(SignatureCheck.listed(inputs.map(\.name)))),"
                        + " got \(count)")
            }
            return .named(Array(inputs.indices))
        }
        throw misfit(columns, inputs)
    }

    /// The input of each column, if each column is one of another input.
    private static func names(_ columns: [String], _ inputs: [TensorSpec]) -> [Int]? {
        guard columns.count <= inputs.count else { return nil }
        var indices: [Int] = []
        for column in columns {
            guard let index = inputs.firstIndex(where: { $0.name == column }), !indices.contains(index) else {
                return nil
            }
            indices.append(index)
        }
        return indices
    }

    /// Features fit an input of two dimensions, and a single one an input of one.
    private static func check(_ count: Int, of input: TensorSpec) throws(JSONProblem) {
        let shape = SignatureCheck.text(input.shape)
        let columns = "\(count) \(count == 1 ? "column" : "columns")"
        switch input.shape.count {
        case 2:
            guard case .fixed(let features) = input.shape[1], features != count else { return }
            throw JSONProblem(
                "the model's input '\(input.name)' has the shape \(shape): expected \(features) columns, got \(count)")
        case 1 where count == 1: return
        default:
            throw JSONProblem(
                "the model's input '\(input.name)' has the shape \(shape), which \(columns) of numbers do not fill; "
                    + "send 'inputs', or one column '\(input.name)' with lists in it")
        }
    }

    private static func misfit(_ columns: [String], _ inputs: [TensorSpec]) -> JSONProblem {
        let names = inputs.map(\.name)
        var seen: Set<String> = []
        for column in columns {
            guard names.contains(column) else {
                return JSONProblem(unknown(column, "the model has no input for the column", among: names))
            }
            if !seen.insert(column).inserted { return JSONProblem("the column '\(column)' is given twice") }
        }
        return JSONProblem("the columns do not fit the inputs \(SignatureCheck.listed(names))")
    }

    /// `beginning 'name'`, with what was likely meant.
    static func unknown(_ name: String, _ beginning: String, among names: [String]) -> String {
        let sentence = "\(beginning) '\(name.prefix(128))'"
        if let near = NameSuggestion.nearest(to: name, among: names) { return sentence + "; did you mean '\(near)'?" }
        return sentence + "; there are \(SignatureCheck.listed(names))"
    }

    // MARK: cells

    private func tensor(of column: Int) -> Int {
        switch plan {
        case .features(let index): index
        case .named(let indices): indices[column]
        }
    }

    func elementType(of column: Int) -> ElementType { signature.inputs[tensor(of: column)].elementType }

    /// Reads the next cell of a column; rows are read one after another, and in each row the columns in their order.
    mutating func readCell(_ cursor: inout JSONCursor, column: Int) throws(JSONProblem) {
        let index = tensor(of: column)
        if cursor.next() == UInt8(ascii: "n"), cursor.null() { return try readMissing(column: column) }
        if levels[column] == 0 { levels[column] = level(index, isList: cursor.next() == UInt8(ascii: "[")) }
        try tensors[index].readValue(&cursor, level: levels[column])
    }

    /// A cell in which nothing stands: no number, for inputs that can have none.
    mutating func readMissing(column: Int) throws(JSONProblem) {
        let index = tensor(of: column)
        let spec = signature.inputs[index]
        guard spec.elementType.isFloatingPoint, var nothing = Self.nothing else {
            throw JSONProblem(
                "no value is here, and the input '\(spec.name)' of type \(spec.elementType.rawValue) needs one")
        }
        if levels[column] == 0 { levels[column] = level(index, isList: false) }
        try tensors[index].readValue(&nothing, level: levels[column])
    }

    private static var nothing: JSONCursor? {
        let text: StaticString = "NaN"
        return JSONCursor(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// How deep the cells of a column lie, once it is known what they are.
    private mutating func level(_ index: Int, isList: Bool) -> Int {
        if case .features = plan { return tensors[index].dimensions.count }
        let rank = signature.inputs[index].shape.count
        guard !isList, rank > 1 else { return 1 }
        // A number where the input has a row of one.
        tensors[index].dimensions = [-1] + Array(repeating: 1, count: rank - 1)
        return rank
    }

    mutating func endRow() { rows += 1 }

    func finished() throws(JSONProblem) -> [Tensor] {
        var tensors = tensors
        var inputs: [Tensor] = []
        var given = IndexSet64()
        for index in tensors.indices where tensors[index].hasValue {
            tensors[index].dimensions[0] = rows
            inputs.append(try tensors[index].finished())
            _ = given.insert(index)
        }
        try SignatureCheck.complete(given, signature)
        return inputs
    }
}

extension ElementType {
    /// Whether there is a value of it that says that there is none.
    fileprivate var isFloatingPoint: Bool {
        switch self {
        case .fp16, .bf16, .fp32, .fp64: true
        default: false
        }
    }
}
