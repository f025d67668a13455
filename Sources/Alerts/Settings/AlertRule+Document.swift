package import Documents
package import Journal

extension AlertRule {
    /// A day, in seconds: what a rule may wait for.
    private static let longestWait = 86_400

    /// One entry of `rules`: what it leaves out is as in the default rule of its kind.
    package init(_ fields: inout DocumentFields) throws(ControlError) {
        let kinds = AlertKind.allCases.map(\.rawValue)
        let given = try fields.text("name")
        let word = try fields.word("kind", among: kinds)
        guard let kind = (word ?? given).flatMap(AlertKind.init(rawValue:)) else {
            throw fields.refusal("kind", "is missing", hint: "there are \(kinds.joined(separator: ", "))")
        }
        self.init(kind, name: given)
        try Name.validate(name, field: fields.place("name"))
        if let standard = AlertKind(rawValue: name), standard != kind {
            throw fields.refusal(
                "kind", "is '\(kind.rawValue)', but '\(name)' is the name of the default rule of another kind",
                hint: "give the rule another name")
        }
        isEnabled = try fields.flag("enabled") ?? true
        hold = try fields.duration("for", in: 0...Self.longestWait) ?? hold
        resolveAfter = try fields.duration("resolveAfter", in: 0...Self.longestWait) ?? resolveAfter
        condition = try condition.reading(&fields)
    }
}

extension AlertCondition {
    /// The same with whatever of its knobs the fields name.
    fileprivate func reading(_ fields: inout DocumentFields) throws(ControlError) -> AlertCondition {
        switch self {
        case .errors(var rule):
            if let percent = try fields.number("objective") {
                guard percent > 0, percent < 100 else {
                    throw fields.refusal("objective", "is \(percent)", hint: "percent of answers, below 100: 99.9")
                }
                rule.objective = percent / 100
            }
            rule.burn = try fields.positive("burn", atMost: 1e6) ?? rule.burn
            rule.short = try fields.duration("short", in: 20...3600) ?? rule.short
            rule.long = try fields.duration("long", in: 20...3600) ?? max(rule.long, rule.short)
            guard rule.short <= rule.long else { throw fields.refusal("short", "is longer than 'long'") }
            rule.minimum = try fields.whole("minimum", in: 1...1_000_000_000) ?? rule.minimum
            return .errors(rule)
        case .latency(var rule):
            rule.milliseconds = try fields.positive("milliseconds", atMost: 100_000)
            if rule.milliseconds == nil {
                rule.times = try fields.positive("times", atMost: 1e6) ?? rule.times
                rule.floor = try fields.positive("floor", atMost: 100_000) ?? rule.floor
            }
            rule.window = try fields.duration("window", in: 20...3600) ?? rule.window
            rule.minimum = try fields.whole("minimum", in: 1...1_000_000_000) ?? rule.minimum
            return .latency(rule)
        case .traffic(var rule):
            rule.window = try fields.duration("window", in: 20...480) ?? rule.window
            rule.expected = try fields.whole("expected", in: 1...1_000_000_000) ?? rule.expected
            return .traffic(rule)
        case .drift(var rule):
            rule.windows = try fields.whole("windows", in: 1...100) ?? rule.windows
            rule.effect = try fields.positive("effect", atMost: 1e6) ?? rule.effect
            rule.clearWindows = try fields.whole("clearWindows", in: 1...100) ?? rule.clearWindows
            return .drift(rule)
        case .quality(var rule):
            rule.metric = try fields.text("metric")
            if let margin = try fields.number("margin") {
                guard margin >= 0, margin.isFinite else {
                    throw fields.refusal("margin", "is \(margin)", hint: "0 or more, in units of the metric")
                }
                rule.margin = margin
            }
            rule.minimum = try fields.whole("minimum", in: 1...1_000_000_000) ?? rule.minimum
            return .quality(rule)
        case .ledger(var rule):
            if let share = try fields.number("share") {
                guard share > 0, share <= 1 else { throw fields.refusal("share", "is \(share)", hint: "above 0, to 1") }
                rule.share = share
            }
            rule.minimum = try fields.whole("minimum", in: 1...1_000_000_000) ?? rule.minimum
            rule.window = try fields.duration("window", in: 20...3600) ?? rule.window
            return .ledger(rule)
        }
    }
}

extension DocumentFields {
    /// A finite number above 0.
    fileprivate mutating func positive(_ name: String, atMost limit: Double) throws(ControlError) -> Double? {
        guard let number = try number(name) else { return nil }
        guard number > 0, number <= limit else { throw refusal(name, "is \(number)", hint: "above 0, to \(limit)") }
        return number
    }
}
