package import Documents
package import Journal
package import Webhooks

/// What a monitor's document says about alerts. Without it every endpoint has the default rules, and whatever the server's
/// own settings name is told.
package struct AlertSettings: Sendable, Hashable {
    /// Rules of one document at most, and targets.
    package static let mostRules = 32
    package static let mostTargets = 8

    /// The rules that the document has, those that are switched off included.
    package var rules: [AlertRule]
    /// Who is told; `nil` where the document does not say.
    package var notify: [DeliveryTarget]?
    /// The section as it was read.
    private let source: DocumentValue

    /// Nothing said: the defaults.
    package init() {
        rules = []
        notify = nil
        source = .mapping([:])
    }

    /// The section `alerts` of a monitor's document.
    package init(_ value: DocumentValue, at path: String = "alerts") throws(ControlError) {
        var fields = try DocumentFields(value, at: path)
        try self.init(&fields)
        try fields.finish()
    }

    /// The same out of its members.
    package init(_ fields: inout DocumentFields) throws(ControlError) {
        let written = fields.untaken
        rules = []
        for (index, value) in (try fields.list("rules", atMost: Self.mostRules) ?? []).enumerated() {
            var rule = try DocumentFields(value, at: "\(fields.place("rules"))[\(index)]")
            let parsed = try AlertRule(&rule)
            try rule.finish()
            guard !rules.contains(where: { $0.name == parsed.name }) else {
                throw rule.refusal("name", "is '\(parsed.name)' a second time")
            }
            rules.append(parsed)
        }
        if let list = try fields.list("notify", atMost: Self.mostTargets) {
            var targets: [DeliveryTarget] = []
            for (index, value) in list.enumerated() {
                var target = try DocumentFields(value, at: "\(fields.place("notify"))[\(index)]")
                targets.append(try DeliveryTarget(&target))
                try target.finish()
            }
            notify = targets
        }
        source = .mapping(written.filter { ["rules", "notify"].contains($0.key) })
    }

    /// What a reader makes the same settings of.
    package var document: DocumentValue { source }

    /// Whether a program of the server's machine is among the targets.
    package var hasCommands: Bool {
        notify?.contains { if case .command = $0 { true } else { false } } ?? false
    }

    /// The rules that are at work: the default of each kind unless the document has a rule of its name, then the others.
    package var effective: [AlertRule] {
        let defaults = AlertKind.allCases.map { AlertRule($0) }
        let kept = defaults.map { standard in rules.first { $0.name == standard.name } ?? standard }
        let others = rules.filter { rule in !defaults.contains { $0.name == rule.name } }
        return (kept + others).filter(\.isEnabled)
    }
}

extension DeliveryTarget {
    /// Words of a command at most, and bytes of each.
    private static let mostWords = 64
    private static let longestWord = 4096

    /// `webhook` with `secret`, or `command`.
    fileprivate init(_ fields: inout DocumentFields) throws(ControlError) {
        let command = try fields.texts("command", atMost: Self.mostWords)
        let webhook = try WebhookTarget(taking: &fields)
        switch (webhook, command) {
        case (let target?, nil): self = .webhook(target)
        case (nil, let words?):
            guard let program = words.first, program.hasPrefix("/") else {
                throw fields.refusal(
                    "command", "must begin with the path of a program from the root",
                    hint: "as [/usr/local/bin/page-me, --loud]")
            }
            guard words.allSatisfy({ $0.utf8.count <= Self.longestWord && !$0.utf8.contains(0) }) else {
                throw fields.refusal("command", "has a word of more than \(Self.longestWord) bytes")
            }
            self = .command(words)
        case (nil, nil): throw fields.refusal("webhook", "is missing", hint: "a target is a 'webhook' or a 'command'")
        case (_?, _?): throw fields.refusal("command", "is there beside 'webhook'", hint: "write two targets")
        }
    }
}
