/// Rows and columns for people: aligned, within the width of the terminal, or as records where that is too narrow.
struct Table: Sendable {
    struct Column: Sendable {
        var title: String
        var isNumber = false
        /// Whether long cells may be cut short, with `…` at the end.
        var mayShrink = false
    }

    var columns: [Column]
    var rows: [[String]] = []

    private static let gap = 2
    private static let narrowest = 8

    /// - Parameter width: columns of the terminal; `nil` prints everything in full.
    func lines(width: Int?, emphasis: Emphasis = .none) -> [String] {
        var widths = columns.indices.map { index in
            rows.reduce(columns[index].title.count) { max($0, $1[index].count) }
        }
        if let width, !shrink(&widths, to: width) { return records(width: width, emphasis: emphasis) }
        let header = line(columns.map(\.title), widths)
        return [emphasis.strong(header)] + rows.map { line($0, widths) }
    }

    /// Takes from the widest column that may shrink until the row fits; false when it cannot.
    private func shrink(_ widths: inout [Int], to width: Int) -> Bool {
        var excess = widths.reduce(0, +) + Self.gap * max(widths.count - 1, 0) - width
        while excess > 0 {
            let candidates = columns.indices.filter {
                columns[$0].mayShrink && widths[$0] > max(Self.narrowest, columns[$0].title.count)
            }
            guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { return false }
            widths[widest] -= 1
            excess -= 1
        }
        return true
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        var line = ""
        for (index, cell) in cells.enumerated() {
            let text = Self.cut(cell, widths[index])
            let padding = String(repeating: " ", count: widths[index] - text.count)
            if index > 0 { line += String(repeating: " ", count: Self.gap) }
            line += columns[index].isNumber ? padding + text : text + padding
        }
        while line.last == " " { line.removeLast() }
        return line
    }

    /// One line for each cell, with its title before it, and an empty line between rows.
    private func records(width: Int, emphasis: Emphasis) -> [String] {
        let label = columns.reduce(0) { max($0, $1.title.count) }
        return rows.enumerated().flatMap { number, row in
            let cells = zip(columns, row).filter { !$1.isEmpty }.map { column, cell in
                let padding = String(repeating: " ", count: label - column.title.count + Self.gap)
                let room = max(width - label - Self.gap, Self.narrowest)
                let value = column.mayShrink ? Self.cut(cell, room) : cell
                return emphasis.strong(column.title) + padding + value
            }
            return number == 0 ? cells : [""] + cells
        }
    }

    private static func cut(_ text: String, _ width: Int) -> String {
        text.count <= width ? text : text.prefix(max(width - 1, 0)) + "…"
    }
}
