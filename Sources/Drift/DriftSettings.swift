package import Documents
package import Journal

/// The section `drift` of an endpoint's monitor: whether it is watched, and by which rules. docs/reference/drift.md has the
/// fields.
package struct DriftSettings: Sendable, Hashable {
    package var isEnabled: Bool
    package var rules: DriftRules

    package init(isEnabled: Bool = true, rules: DriftRules = DriftRules()) {
        self.isEnabled = isEnabled
        self.rules = rules
    }

    /// Rows of a window that is full, and of a reference that is made of first rows.
    static let rowRange = 50...100_000

    /// Throws `invalid` that names the field, what was expected and what came.
    package init(_ fields: inout DocumentFields) throws(ControlError) {
        self.init()
        isEnabled = try fields.flag("enabled") ?? true
        rules.fullRows = try fields.whole("fullRows", in: Self.rowRange) ?? rules.fullRows
        rules.referenceRows = try fields.whole("referenceRows", in: Self.rowRange) ?? rules.referenceRows
        rules.shortest = try fields.positive("shortestSeconds", atMost: 86_400) ?? rules.shortest
        rules.usual = try fields.positive("usualSeconds", atMost: 604_800) ?? max(rules.usual, rules.shortest)
        rules.longest = try fields.positive("longestSeconds", atMost: 2_592_000) ?? max(rules.longest, rules.usual)
        guard rules.shortest <= rules.usual, rules.usual <= rules.longest else {
            throw fields.refusal(
                rules.usual > rules.longest ? "longestSeconds" : "usualSeconds",
                "is shorter than what must not be longer",
                hint: "shortestSeconds, usualSeconds, longestSeconds: ascending")
        }
        rules.hourlyAlpha = try fields.positive("hourlyAlpha", atMost: 0.05) ?? rules.hourlyAlpha
        rules.suspicion = try fields.positive("suspicion", atMost: 0.5) ?? rules.suspicion
        rules.leastIndex = try fields.positive("leastIndex", atMost: 10) ?? rules.leastIndex
        rules.leastDistance = try fields.positive("leastDistance", atMost: 1) ?? rules.leastDistance
        rules.leastShare = try fields.positive("leastShare", atMost: 1) ?? rules.leastShare
        rules.leastRows = min(rules.leastRows, rules.fullRows)
        rules.fewestRows = min(rules.fewestRows, rules.leastRows)
        try fields.finish()
    }

    /// As it is written: what differs from the defaults, and whether it is on.
    package var document: DocumentValue {
        let usual = DriftRules()
        var members: [String: DocumentValue] = ["enabled": .flag(isEnabled)]
        if rules.fullRows != usual.fullRows { members["fullRows"] = .whole(rules.fullRows) }
        if rules.referenceRows != usual.referenceRows { members["referenceRows"] = .whole(rules.referenceRows) }
        for (name, value, before) in [
            ("shortestSeconds", rules.shortest, usual.shortest), ("usualSeconds", rules.usual, usual.usual),
            ("longestSeconds", rules.longest, usual.longest), ("hourlyAlpha", rules.hourlyAlpha, usual.hourlyAlpha),
            ("suspicion", rules.suspicion, usual.suspicion), ("leastIndex", rules.leastIndex, usual.leastIndex),
            ("leastDistance", rules.leastDistance, usual.leastDistance),
            ("leastShare", rules.leastShare, usual.leastShare),
        ] where value != before {
            members[name] = .number(value)
        }
        return .mapping(members)
    }
}

extension DocumentFields {
    /// A number above 0.
    fileprivate mutating func positive(_ name: String, atMost most: Double) throws(ControlError) -> Double? {
        guard let value = try number(name) else { return nil }
        guard value > 0, value <= most else { throw refusal(name, "is \(value)", hint: "above 0, at most \(most)") }
        return value
    }
}
