import Journal
import Monitoring
import Tensors

/// The inputs of labelled rows as columns of a table.
struct LabelledColumns {
    /// Elements of one input in a row, at most: what is wider is no table.
    static let widest = 4096

    private struct Column {
        var name: String
        var width: Int
    }

    private var columns: [Column] = []

    var names: [String] {
        columns.flatMap { column in
            column.width == 1 ? [column.name] : (0..<column.width).map { "\(column.name)[\($0)]" }
        }
    }

    /// Looks which columns a prediction needs.
    mutating func note(_ row: LedgerRow) {
        for input in row.inputs {
            guard let width = Self.width(input) else { continue }
            if let known = columns.firstIndex(where: { $0.name == input.name }) {
                columns[known].width = max(columns[known].width, width)
            } else {
                columns.append(Column(name: input.name, width: width))
            }
        }
    }

    /// Elements in a row; `nil` where they are not there, or too many.
    private static func width(_ input: LedgerTensor) -> Int? {
        let rows = input.shape.dimensions.first ?? 1
        guard rows > 0, case .whole(_) = input.content else { return nil }
        let width = input.shape.elementCount / rows
        return (1...widest).contains(width) ? width : nil
    }

    /// Appends the rows of a prediction whose truth is known.
    func write(
        _ row: LedgerRow, _ labelled: LabelledPrediction, skipping skipped: inout Int, into file: LabelledFile
    ) throws(ControlError) {
        let values = columns.map { column -> [String] in
            guard let input = row.inputs.first(where: { $0.name == column.name }), let tensor = input.tensor,
                Self.width(input) != nil
            else { return [] }
            return ElementTexts.of(tensor)
        }
        let count = labelled.answer.count
        for part in 0..<min(count, labelled.truth.rows.count) {
            guard let truth = labelled.truth.rows[part] else { continue }
            if skipped > 0 {
                skipped -= 1
                continue
            }
            var cells: [String] = []
            for (column, values) in zip(columns, values) {
                let width = values.count / max(1, count)
                for place in 0..<column.width {
                    let isThere = place < width && values.count == width * count
                    cells.append(isThere ? values[part * width + place] : "")
                }
            }
            cells.append(Self.prediction(labelled.answer, part))
            cells.append(truth.truth)
            try file.append(cells)
        }
    }

    private static func prediction(_ answer: PredictedRows, _ row: Int) -> String {
        if let labels = answer.labels { return labels[row] }
        let scores = answer.scores[(row * answer.width)..<((row + 1) * answer.width)]
        return scores.map { "\($0)" }.joined(separator: " ")
    }
}
