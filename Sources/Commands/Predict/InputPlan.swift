import ManagementAPI
import SlipwayClient

/// Which columns make up which input of a model, and how many rows go into one request.
struct InputPlan: Sendable, Hashable {
    struct Input: Sendable, Hashable {
        var tensor: TensorInfo
        /// Columns in the order of the tensor's elements.
        var columns: [Int]
        /// The shape of one row: that of the tensor without its first dimension.
        var rowShape: [Int]
    }

    var inputs: [Input]
    /// Rows that one request must have, where the model is made for a fixed number.
    var fixedRows: Int?
    /// Columns that no input takes.
    var unused: [String]

    /// Rows in one request at most, so that no request comes near a server's limit for bodies.
    static let mostRows = 1_000

    init(rows: Rows, inputs all: [TensorInfo], features: [String]?) throws(Failure) {
        let columns = Set(rows.columns ?? [])
        let inputs = all.filter { !$0.optional || columns.contains($0.name) }
        guard let first = inputs.first else { throw Failure("the model has no inputs to fill from rows") }
        if inputs.count == 1 {
            let shape = try Self.rowShape(first, columnCount: rows.columnCount)
            let chosen = try Self.columns(of: rows, for: first, count: shape.reduce(1, *), features: features)
            self.inputs = [Input(tensor: first, columns: chosen, rowShape: shape)]
        } else {
            self.inputs = try Self.byName(rows, inputs)
        }
        let used = Set(self.inputs.flatMap(\.columns))
        unused = (0..<rows.columnCount).filter { !used.contains($0) }.map { rows.name($0) }
        fixedRows = try Self.fixedRows(inputs, rows.cells.count)
    }

    // MARK: One input, many columns

    private static func rowShape(_ tensor: TensorInfo, columnCount: Int) throws(Failure) -> [Int] {
        var shape: [Int] = []
        var free: Int?
        var count = 1
        for (index, dimension) in tensor.shape.dropFirst().enumerated() {
            if case .size(let size) = dimension, size >= 0 {
                shape.append(size)
                let (product, overflow) = count.multipliedReportingOverflow(by: size)
                count = overflow ? 0 : product
            } else if free == nil {
                free = index
                shape.append(1)
            } else {
                throw Failure(
                    "input \(tensor.name) is \(SignatureText.type(tensor)): rows of cells do not say which shape they have",
                    hint: "send JSON in the form {\"inputs\": [{\"name\": ..., \"shape\": ..., \"data\": ...}]}")
            }
        }
        guard count > 0 else { throw Failure("input \(tensor.name) has the shape of no values at all") }
        if let free {
            guard columnCount % count == 0 else {
                throw Failure("\(columnCount) columns do not fill input \(tensor.name), \(SignatureText.type(tensor))")
            }
            shape[free] = columnCount / count
        }
        return shape
    }

    private static func columns(
        of rows: Rows, for tensor: TensorInfo, count: Int, features: [String]?
    ) throws(Failure) -> [Int] {
        if let names = rows.columns {
            let index = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
            if let features, features.count == count {
                let found = features.compactMap { index[$0] }
                if found.count == count { return found }
                // A header of other words altogether still says how many columns there are; some known names do not.
                if !found.isEmpty { throw missing(features.filter { index[$0] == nil }, names) }
            }
            if count == 1, let column = index[tensor.name] { return [column] }
        }
        guard rows.columnCount == count else { throw mismatch(rows, tensor, count, features) }
        return Array(0..<count)
    }

    private static func missing(_ missing: [String], _ names: [String]) -> Failure {
        let list =
            missing.prefix(5).joined(separator: ", ") + (missing.count > 5 ? " and \(missing.count - 5) more" : "")
        let near = missing.first.flatMap { name in
            Suggestion.nearest(to: name, among: names).map { "is \($0) meant to be \(name)?" }
        }
        return Failure(
            "the model needs \(list), which no column is named",
            hint: near ?? "the columns are \(names.prefix(8).joined(separator: ", "))\(names.count > 8 ? ", …" : "")")
    }

    private static func mismatch(_ rows: Rows, _ tensor: TensorInfo, _ count: Int, _ features: [String]?) -> Failure {
        let values = count == 1 ? "1 value" : "\(count) values"
        let message = "input \(tensor.name) takes \(values) per row, the rows have \(rows.columnCount)"
        let hint: String
        if rows.columns == nil, rows.columnCount == 1, rows.cells.count == count {
            let row = rows.cells.prefix(8).map { $0[0] }.joined(separator: ", ") + (count > 8 ? ", …" : "")
            hint = "one row is an array in the array: [[\(row)]]"
        } else if rows.columnCount > count {
            let extra = rows.columnCount - count
            hint =
                "take \(extra == 1 ? "the column" : "the \(extra) columns") that the model was not trained on out"
                + " (the label, an index?)"
        } else if let features {
            hint = "it takes \(features.prefix(8).joined(separator: ", "))\(features.count > 8 ? ", …" : "")"
        } else {
            hint = "`slipway deployment show` prints what the model takes"
        }
        return Failure(message, hint: hint)
    }

    // MARK: Several inputs, a column each

    private static func byName(_ rows: Rows, _ inputs: [TensorInfo]) throws(Failure) -> [Input] {
        let wanted = inputs.map(\.name)
        guard let names = rows.columns else {
            throw Failure(
                "the model has \(inputs.count) inputs (\(wanted.prefix(8).joined(separator: ", "))), so values need names",
                hint: "send objects, [{\"\(wanted[0])\": ...}], or CSV with a header")
        }
        let index = Dictionary(zip(names, names.indices), uniquingKeysWith: { first, _ in first })
        let absent = wanted.filter { index[$0] == nil }
        guard absent.isEmpty else { throw missing(absent, names) }
        var result: [Input] = []
        for tensor in inputs {
            let shape = try rowShape(tensor, columnCount: 1)
            guard shape.allSatisfy({ $0 == 1 }), let column = index[tensor.name] else {
                throw Failure(
                    "input \(tensor.name) is \(SignatureText.type(tensor)), more than a column can hold",
                    hint: "send JSON: [{\"\(tensor.name)\": [...], ...}]")
            }
            result.append(Input(tensor: tensor, columns: [column], rowShape: shape))
        }
        return result
    }

    // MARK: Rows

    private static func fixedRows(_ inputs: [TensorInfo], _ count: Int) throws(Failure) -> Int? {
        for tensor in inputs {
            guard let first = tensor.shape.first else {
                guard count == 1 else {
                    throw Failure("input \(tensor.name) is a single value, so one row at a time can be predicted for")
                }
                continue
            }
            guard case .size(let size) = first, size > 0 else { continue }
            guard count % size == 0 else {
                throw Failure(
                    "the model takes exactly \(size) rows at a time, \(count) are no multiple of that",
                    hint: "export it with a dynamic first dimension to predict for any number of rows")
            }
            return size
        }
        return nil
    }

    /// The requests that cover all rows, as ranges of rows.
    func batches(_ count: Int) -> [Range<Int>] {
        let size = fixedRows ?? Self.mostRows
        return stride(from: 0, to: count, by: size).map { $0..<min($0 + size, count) }
    }

    func tensors(_ rows: Rows, _ range: Range<Int>) throws(Failure) -> [InferTensor] {
        var tensors: [InferTensor] = []
        for input in inputs {
            let shape = input.tensor.shape.isEmpty ? [] : [range.count] + input.rowShape
            let values = try CellValues.parse(rows, range, input.columns, input.tensor)
            do {
                let (name, type) = (input.tensor.name, input.tensor.datatype)
                tensors.append(try InferTensor(name: name, datatype: type, shape: shape, values: values))
            } catch {
                throw Failure(error)
            }
        }
        return tensors
    }
}
