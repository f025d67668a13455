import SlipwayClient

/// The outputs of a prediction as tables: a line for each row asked about, columns for what the model answers.
///
/// A tensor of one value per row is a column; scores of a few classes are a column each, of many classes the three
/// highest; other tensors show their first values. Outputs with different numbers of rows get tables of their own.
enum PredictionTable {
    private static let mostColumns = 6
    private static let mostScores = 3

    static func tables(_ outputs: [InferTensor], classes: [String]?) -> [Table] {
        var groups: [(rows: Int, columns: [(title: String, isNumber: Bool, cells: [String])])] = []
        let naming = classes.flatMap { LabelNames($0, outputs) }
        for output in outputs {
            // What a server says of its shape is not what memory is taken by.
            let values = output.values
            let rows = min(max(output.shape.first ?? 1, 0), values.count)
            let columns = naming?.column(output) ?? View(output, values, rows: rows, classes: classes).columns()
            if let index = groups.firstIndex(where: { $0.rows == rows }) {
                groups[index].columns += columns
            } else {
                groups.append((rows, columns))
            }
        }
        return groups.map { group in
            var columns = group.columns
            if group.rows > 1 { columns.insert(("ROW", true, (1...group.rows).map(String.init)), at: 0) }
            return Table(
                columns: columns.map { .init(title: $0.title, isNumber: $0.isNumber, mayShrink: !$0.isNumber) },
                rows: (0..<max(group.rows, 0)).map { row in columns.map { $0.cells[row] } })
        }
    }

    /// One output, cut into rows.
    private struct View {
        let output: InferTensor
        let values: InferTensor.Values
        let rows: Int
        let width: Int
        let classes: [String]?

        init(_ output: InferTensor, _ values: InferTensor.Values, rows: Int, classes: [String]?) {
            self.output = output
            self.values = values
            self.rows = rows
            let width = rows > 0 ? values.count / rows : 1
            self.width = width
            self.classes = classes.flatMap { $0.count == width && width > 1 ? $0 : nil }
        }

        func columns() -> [(title: String, isNumber: Bool, cells: [String])] {
            if width <= 1 { return [(output.name, isNumber, column(0))] }
            if width <= PredictionTable.mostColumns {
                return (0..<width).map { (classes?[$0] ?? "\(output.name)[\($0)]", isNumber, column($0)) }
            }
            if let scores {
                let title = "\(output.name) (top \(PredictionTable.mostScores) of \(width))"
                return [(title, false, (0..<rows).map { top(scores, row: $0) })]
            }
            let shown = (0..<PredictionTable.mostColumns).map { ("\(output.name)[\($0)]", isNumber, column($0)) }
            return shown + [("… \(width - shown.count) more", false, [String](repeating: "", count: rows))]
        }

        private var isNumber: Bool {
            switch values {
            case .strings, .bools: false
            default: true
            }
        }

        private var numbers: [Double]? {
            switch values {
            case .floats(let values): values.map(Double.init)
            case .doubles(let values): values
            default: nil
            }
        }

        private func column(_ index: Int) -> [String] {
            let places = (0..<rows).map { $0 * width + index }
            if let numbers { return NumberText.column(places.map { numbers[$0] }) }
            return switch values {
            case .strings(let values): places.map { values[$0] }
            case .bools(let values): places.map { values[$0] ? "true" : "false" }
            case .integers(let values): places.map { String(values[$0]) }
            case .unsigned(let values): places.map { String(values[$0]) }
            case .floats, .doubles: []
            }
        }

        /// The values, when every row of them is a distribution over classes.
        private var scores: [Double]? {
            guard let numbers, output.shape.count == 2 else { return nil }
            for row in 0..<rows {
                let part = numbers[(row * width)..<((row + 1) * width)]
                guard part.allSatisfy({ (0...1.000_1).contains($0) }), abs(part.reduce(0, +) - 1) < 0.01 else {
                    return nil
                }
            }
            return numbers
        }

        private func top(_ scores: [Double], row: Int) -> String {
            let ranked = (0..<width).sorted { scores[row * width + $0] > scores[row * width + $1] }
            return ranked.prefix(PredictionTable.mostScores).map {
                "\(classes?[$0] ?? String($0)) \(NumberText.fixed(scores[row * width + $0], 4))"
            }.joined(separator: "  ")
        }
    }
}
