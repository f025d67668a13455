import InferenceProtocol
import Journal
import Registry
import Runtimes
import Tensors

/// The requests that a version is measured with.
struct LatencyRequests: Sendable {
    struct One: Sendable {
        var inputs: [Tensor]
        /// Rows in it, for counting.
        var rows: Int
    }

    /// At least one; they are sent in turn.
    var all: [One]
    /// What they are, for people.
    var origin: String

    /// A data set gives no more different requests than this.
    private static let most = 256

    /// Rows of `table`, in the inputs of one version.
    init(_ table: DataTable, _ rule: LatencyRule, _ version: ModelVersion) throws(ControlError) {
        let plan = try InputPlan(
            version.description.signature, table, rule.mapping, target: rule.target, who: version.label)
        let size = plan.fixedRows ?? rule.rowsPerRequest
        guard table.rowCount > 0 else {
            throw ControlError(.invalid, "the data set \(table.label) has no rows", field: "dataset")
        }
        var all: [One] = []
        var next = 0
        while next < table.rowCount, all.count < Self.most {
            let rows = next..<min(table.rowCount, next + size)
            // The last few rows would be a smaller request than the others.
            if rows.count < size, !all.isEmpty { break }
            all.append(One(inputs: try plan.tensors(rows), rows: rows.count))
            next = rows.upperBound
        }
        self.all = all
        origin = "\(FigureText.count(all.count, "request")) of \(FigureText.count(size, "row")) from \(table.label)"
    }

    init(golden: [GoldenRequest], _ version: ModelVersion) {
        all = golden.map { One(inputs: $0.request.inputs, rows: Self.rows($0.request.inputs)) }
        origin = "\(FigureText.count(golden.count, "golden request")) of \(version.label)"
    }

    /// One request of zeros.
    init(madeUpFor version: ModelVersion) throws(ControlError) {
        guard let inputs = MadeUpInputs.make(for: version.description.signature) else {
            throw ControlError(
                .invalid, "inputs for \(version.label) are too large to make up", field: "requests",
                hint: "measure with golden requests or a data set")
        }
        all = [One(inputs: inputs, rows: Self.rows(inputs))]
        origin = "one made-up request (zeros) for \(version.label)"
    }

    private static func rows(_ inputs: [Tensor]) -> Int { max(1, inputs.first?.shape.dimensions.first ?? 1) }

    /// What keeps `version` from answering these requests; `nil` when nothing in its signature does.
    func misfit(_ version: ModelVersion) -> String? {
        let inputs = version.description.signature.inputs
        for tensor in all.flatMap(\.inputs) {
            guard let spec = inputs.first(where: { $0.name == tensor.name }) else {
                return "it has no input '\(tensor.name)'"
            }
            guard spec.elementType == tensor.elementType else {
                return "its input '\(spec.name)' is of type \(spec.elementType.rawValue)"
            }
            let dimensions = tensor.shape.dimensions
            let fits =
                spec.shape.isEmpty
                || spec.shape.count == dimensions.count
                    && zip(spec.shape, dimensions).allSatisfy { wanted, size in
                        if case .fixed(let fixed) = wanted { fixed == size } else { true }
                    }
            guard fits else { return "its input '\(spec.name)' has the shape \(spec.wireShape)" }
        }
        let given = Set(all.first?.inputs.map(\.name) ?? [])
        if let missing = inputs.first(where: { !$0.isOptional && !given.contains($0.name) }) {
            return "it also needs the input '\(missing.name)'"
        }
        return nil
    }

    /// In the order of another version's signature, as its runtime wants them.
    func ordered(for version: ModelVersion) -> LatencyRequests {
        let names = version.description.signature.inputs.map(\.name)
        var requests = self
        requests.all = all.map { one in
            let sorted = one.inputs.sorted {
                names.firstIndex(of: $0.name) ?? .max < names.firstIndex(of: $1.name) ?? .max
            }
            return One(inputs: sorted, rows: one.rows)
        }
        return requests
    }
}
