/// Labelled lines under a title: what `show` commands print.
struct Facts: Sendable {
    private var items: [(label: String, lines: [String])] = []

    /// Adds one fact; several lines stand under each other; no lines, no fact.
    mutating func add(_ label: String, _ lines: [String]) {
        if !lines.isEmpty { items.append((label, lines)) }
    }

    mutating func add(_ label: String, _ line: String?) { add(label, line.map { [$0] } ?? []) }

    /// - Parameter width: columns of the terminal, at which long lines are broken between words; `nil` breaks none.
    func lines(width: Int?, emphasis: Emphasis = .none) -> [String] {
        let labels = items.reduce(0) { max($0, $1.label.count) }
        return items.flatMap { item in
            let lines = item.lines.flatMap { Self.broken($0, at: width.map { max($0 - labels - 4, 16) }) }
            return lines.enumerated().map { number, text in
                let label = number == 0 ? item.label : ""
                let padding = String(repeating: " ", count: labels - label.count + 2)
                return "  " + emphasis.strong(label) + padding + text
            }
        }
    }

    /// The text in lines of at most `width`, where its words allow; further lines stand in by two.
    private static func broken(_ text: String, at width: Int?) -> [String] {
        guard let width, text.count > width else { return [text] }
        var lines: [String] = []
        var line = ""
        for word in text.split(separator: " ", omittingEmptySubsequences: false) {
            if !line.isEmpty, line.count + 1 + word.count > width {
                lines.append(line)
                line = "  " + word
            } else {
                line += line.isEmpty ? String(word) : " " + word
            }
        }
        return lines + [line]
    }
}
