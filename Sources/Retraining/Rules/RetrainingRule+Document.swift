package import Documents
package import Journal

/// The rules as a document: `docs/reference/retraining.md` describes each field.
extension RetrainingSettings {
    /// Rules of one endpoint at most.
    static let mostRules = 32

    /// - Parameter document: a list of rules; `nil` and an empty one are no rules.
    /// - Throws: `invalid` that names the field, what was expected and what came.
    package init(document: DocumentValue?, at path: String = "retraining") throws(ControlError) {
        guard let document, document != .null else {
            self.init()
            return
        }
        guard case .list(let items) = document else { throw DocumentFields.wrong(path, "a list of rules", document) }
        guard items.count <= Self.mostRules else {
            throw ControlError(
                .invalid, "'\(path)' has \(items.count) rules, at most \(Self.mostRules)", field: path)
        }
        var rules: [RetrainingRule] = []
        for (index, item) in items.enumerated() {
            var fields = try DocumentFields(item, at: "\(path)[\(index)]")
            let rule = try RetrainingRule(&fields)
            try fields.finish()
            guard !rules.contains(where: { $0.name == rule.name }) else {
                throw fields.refusal("name", "is '\(rule.name)' a second time", hint: "each rule has its own")
            }
            rules.append(rule)
        }
        self.init(rules: rules)
    }

    /// What a reader makes the same rules of.
    package var document: DocumentValue { .list(rules.map(\.document)) }
}

extension RetrainingRule {
    init(_ fields: inout DocumentFields) throws(ControlError) {
        let name = try fields.required("name")
        try Name.validate(name, field: fields.place("name"))
        self.init(name: name, trigger: try Trigger(&fields), action: try Action(&fields))
        enabled = try fields.flag("enabled") ?? true
        if let seconds = try fields.period("coolDown", in: 0...31_536_000) { coolDownSeconds = seconds }
        if let count = try fields.whole("concurrent", in: 1...16) { concurrent = count }
        if let count = try fields.whole("rows", in: 1...10_000_000) { rows = count }
        if let value = fields.value("limits") {
            var inner = try DocumentFields(value, at: fields.place("limits"))
            limits = try RunLimits(&inner)
            try inner.finish()
        }
        if let value = fields.value("then") {
            var inner = try DocumentFields(value, at: fields.place("then"))
            then = try Then(&inner)
            try inner.finish()
        }
    }

    package var document: DocumentValue {
        var members: [String: DocumentValue] = [
            "name": .text(name), "coolDown": .text("\(coolDownSeconds)s"), "concurrent": .whole(concurrent),
            "rows": .whole(rows), "limits": limits.document,
        ]
        if !enabled { members["enabled"] = .flag(false) }
        switch trigger {
        case .manual: break
        case .schedule(let schedule): members["when"] = .mapping(["schedule": .text(schedule.text)])
        case .labelledRows(let count): members["when"] = .mapping(["labelledRows": .whole(count)])
        case .alert(let name): members["when"] = .mapping(["alert": .text(name)])
        case .folder(let path): members["when"] = .mapping(["folder": .text(path)])
        }
        switch action {
        case .command(let words, let folder):
            members["command"] = .list(words.map { .text($0) })
            if let folder { members["folder"] = .text(folder) }
        case .webhook(let url): members["webhook"] = .text(url)
        }
        if let then { members["then"] = then.document }
        return .mapping(members)
    }
}

extension RetrainingRule.Trigger {
    fileprivate init(_ fields: inout DocumentFields) throws(ControlError) {
        guard let value = fields.value("when") else {
            self = .manual
            return
        }
        var inner = try DocumentFields(value, at: fields.place("when"))
        var found: [Self] = []
        if let text = try inner.text("schedule") {
            do { found.append(.schedule(try CronSchedule(text))) } catch { throw inner.placed(error) }
        }
        if let count = try inner.whole("labelledRows", in: 1...1_000_000_000) { found.append(.labelledRows(count)) }
        if let name = try inner.text("alert") {
            try Name.validate(name, field: inner.place("alert"))
            found.append(.alert(name))
        }
        if let path = try inner.text("folder") {
            try RetrainingRule.checkFolder(path, at: inner.place("folder"))
            found.append(.folder(path))
        }
        try inner.finish()
        guard found.count == 1 else {
            throw fields.refusal(
                "when", "names \(found.count) causes, one is needed",
                hint: "schedule, labelledRows, alert or folder; a rule of its own for each further one")
        }
        self = found[0]
    }
}

extension RetrainingRule.Action {
    /// Words of a command, and bytes of each, at most.
    private static let mostWords = 128
    private static let longestWord = 4096

    fileprivate init(_ fields: inout DocumentFields) throws(ControlError) {
        let words = try fields.texts("command", atMost: Self.mostWords)
        let url = try fields.text("webhook")
        let folder = try fields.text("folder")
        switch (words, url) {
        case (let words?, nil):
            guard let program = words.first, !program.isEmpty else { throw fields.refusal("command", "is empty") }
            for word in words where word.utf8.count > Self.longestWord || word.utf8.contains(0) {
                throw fields.refusal(
                    "command", "has a word of more than \(Self.longestWord) bytes, or with a zero in it")
            }
            if let folder { try RetrainingRule.checkFolder(folder, at: fields.place("folder")) }
            self = .command(words, folder: folder)
        case (nil, let url?):
            guard folder == nil else { throw fields.refusal("folder", "is for a command") }
            guard url.hasPrefix("https://") || url.hasPrefix("http://"), url.utf8.count <= Self.longestWord else {
                throw fields.refusal("webhook", "is '\(Name.excerpt(of: url))'", hint: "https://HOST/PATH")
            }
            self = .webhook(url)
        default:
            throw fields.refusal(
                "command", words == nil ? "is missing" : "is there beside 'webhook'",
                hint: "a rule has either a command or a webhook")
        }
    }
}

extension RetrainingRule.Then {
    fileprivate init(_ fields: inout DocumentFields) throws(ControlError) {
        if let value = fields.value("promote") {
            var inner = try DocumentFields(value, at: fields.place("promote"))
            let space = try inner.required("to")
            try Name.validate(space, field: inner.place("to"))
            try inner.finish()
            promoteTo = space
        }
        if let value = fields.value("rollout") {
            guard case .mapping(let members) = value else {
                throw DocumentFields.wrong(fields.place("rollout"), "a mapping of names to values", value)
            }
            guard members["to"] == nil, members["variants"] == nil else {
                throw fields.refusal("rollout", "names a version", hint: "it is about what the run pushes")
            }
            rollout = value
        }
        guard promoteTo != nil || rollout != nil else {
            throw ControlError(
                .invalid, "'\(fields.path)' asks for nothing", field: fields.path, hint: "promote, rollout, or both")
        }
    }

    fileprivate var document: DocumentValue {
        var members: [String: DocumentValue] = [:]
        if let promoteTo { members["promote"] = .mapping(["to": .text(promoteTo)]) }
        if let rollout { members["rollout"] = rollout }
        return .mapping(members)
    }
}

extension RetrainingRule {
    fileprivate static func checkFolder(_ path: String, at place: String) throws(ControlError) {
        guard path.hasPrefix("/"), path.utf8.count <= 4096, !path.utf8.contains(0) else {
            throw ControlError(
                .invalid, "'\(place)' is '\(Name.excerpt(of: path))'", field: place,
                hint: "an absolute path on the server's machine")
        }
    }
}
