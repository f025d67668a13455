import Journal

/// What checks of rules have in common.
enum RuleCheck {
    static func range<Number: Comparable>(
        _ value: Number?, _ range: ClosedRange<Number>, field: String
    ) throws(ControlError) {
        guard let value, !range.contains(value) else { return }
        throw ControlError(
            .invalid, "'\(field)' is from \(range.lowerBound) to \(range.upperBound), got \(value)", field: field)
    }

    static func distinct(_ names: [String], field: String) throws(ControlError) {
        var seen: Set<String> = []
        for name in names where !seen.insert(name).inserted {
            throw ControlError(.invalid, "'\(Name.excerpt(of: name))' is there twice", field: field)
        }
    }
}

extension ControlError {
    /// The same about a part of what stands at `path`: `gates[2]` and `metrics[0].min` are `gates[2].metrics[0].min`.
    func within(_ path: String) -> ControlError {
        guard !path.isEmpty else { return self }
        let place = field.map { "\(path).\($0)" } ?? path
        return ControlError(code, told(at: place), field: place, hint: hint)
    }

    /// The message with the whole place in it: where it names its field, else before it.
    private func told(at place: String) -> String {
        guard let field, let name = message.firstRange(of: "'\(field)'") else { return "\(place): \(message)" }
        var text = message
        text.replaceSubrange(name, with: "'\(place)'")
        return text
    }
}
