/// Which of the names that exist somebody meant who typed one that does not.
enum Suggestion {
    /// The nearest name within a third of its length in typing errors, if any.
    static func nearest(to name: String, among names: [String]) -> String? {
        let typed = Array(name.lowercased())
        var best: (name: String, distance: Int)?
        for candidate in names {
            let letters = Array(candidate.lowercased())
            let allowed = max(1, max(typed.count, letters.count) / 3)
            guard abs(typed.count - letters.count) <= allowed else { continue }
            let distance = distance(typed, letters)
            if distance <= allowed, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// What to say after a name was not found.
    static func hint(for name: String, among names: [String], plural: String, whenNone: String) -> String {
        guard !names.isEmpty else { return "there are no \(plural) yet\(whenNone.isEmpty ? "" : ": \(whenNone)")" }
        if let nearest = nearest(to: name, among: names) { return "did you mean \(nearest)?" }
        let shown = names.sorted().prefix(8).joined(separator: ", ")
        return "\(plural): \(shown)\(names.count > 8 ? " and \(names.count - 8) more" : "")"
    }

    /// Optimal string alignment: insertions, deletions, replacements and swaps of neighbours, one each.
    static func distance(_ a: [Character], _ b: [Character]) -> Int {
        var beforeLast = [Int](repeating: 0, count: b.count + 1)
        var last = Array(0...b.count)
        for i in 0..<a.count {
            var row = [i + 1]
            row.reserveCapacity(b.count + 1)
            for j in 0..<b.count {
                var cost = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, beforeLast[j - 1] + 1) }
                row.append(cost)
            }
            (beforeLast, last) = (last, row)
        }
        return last[b.count]
    }
}
