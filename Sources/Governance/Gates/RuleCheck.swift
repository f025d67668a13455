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
