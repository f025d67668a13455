/// Labelled lines under a title: what `show` commands print.
struct Facts: Sendable {
    private var items: [(label: String, lines: [String])] = []

    /// Adds one fact; several lines stand under each other; no lines, no fact.
    mutating func add(_ label: String, _ lines: [String]) {
        if !lines.isEmpty { items.append((label, lines)) }
    }

    mutating func add(_ label: String, _ line: String?) { add(label, line.map { [$0] } ?? []) }

    func lines(emphasis: Emphasis = .none) -> [String] {
        let width = items.reduce(0) { max($0, $1.label.count) }
        return items.flatMap { item in
            item.lines.enumerated().map { number, text in
                let label = number == 0 ? item.label : ""
                let padding = String(repeating: " ", count: width - label.count + 2)
                return "  " + emphasis.strong(label) + padding + text
            }
        }
    }
}
