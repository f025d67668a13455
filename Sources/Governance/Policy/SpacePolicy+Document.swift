package import Documents
import Identity
package import Journal
import Serving

/// The policy as a document: `docs/reference/policy.md` describes each field.
extension SpacePolicy {
    private static let isolations = ["any", "shared", "worker"]

    /// Throws `invalid` that names the field, what was expected and what came.
    package init(document: DocumentValue, revision: Int = 0) throws(ControlError) {
        var fields = try DocumentFields(document, at: "")
        self.init(revision: revision)
        promotesFrom = try Self.sources(&fields)
        gates = try Self.gates(&fields)
        approvals = try ApprovalDemand(fields.value("approvals"), at: "approvals")
        isolation = try fields.word("isolation", among: Self.isolations).flatMap(Isolation.init)
        deploy = try Self.roles("deploy", &fields)
        rollout = try Self.roles("rollout", &fields)
        rollback = try Self.roles("rollback", &fields)
        rolloutApprovals = try ApprovalDemand(fields.value("rolloutApprovals"), at: "rolloutApprovals")
        freeze = try Self.freeze(&fields)
        try fields.finish()
    }

    private static func sources(_ fields: inout DocumentFields) throws(ControlError) -> [String] {
        let names = try fields.texts("promotesFrom") ?? []
        for (index, name) in names.enumerated() {
            try Name.validate(name, field: "promotesFrom[\(index)]")
            guard !names[..<index].contains(name) else {
                throw fields.refusal("promotesFrom", "names '\(name)' twice")
            }
        }
        return names
    }

    private static func gates(_ fields: inout DocumentFields) throws(ControlError) -> [GateDemand] {
        var gates: [GateDemand] = []
        for value in try fields.list("gates", atMost: maximumGates) ?? [] {
            let gate = try GateDemand(value, at: "gates[\(gates.count)]")
            guard !gates.contains(where: { $0.name == gate.name }) else {
                throw fields.refusal("gates", "has two gates called '\(gate.name)'", hint: "each has a name of its own")
            }
            gates.append(gate)
        }
        return gates
    }

    private static func roles(_ name: String, _ fields: inout DocumentFields) throws(ControlError) -> [Role]? {
        guard let roles = try fields.words(name, among: Role.ofMembers) else { return nil }
        guard !roles.isEmpty else {
            throw fields.refusal(name, "is an empty list", hint: "leave it out, or name the roles that may")
        }
        return roles
    }

    private static func freeze(_ fields: inout DocumentFields) throws(ControlError) -> String? {
        let frozen = try fields.flag("frozen") ?? false
        let reason = try fields.text("frozenReason")
        guard frozen || reason == nil else {
            throw fields.refusal("frozenReason", "is there, but 'frozen' is not true")
        }
        guard reason?.utf8.count ?? 0 <= 4096 else { throw fields.refusal("frozenReason", "has more than 4096 bytes") }
        return frozen ? reason ?? "" : nil
    }

    /// What a reader makes the same policy of; fields that demand nothing are left out.
    package var document: DocumentValue {
        var members: [String: DocumentValue] = ["isolation": .text(isolation?.rawValue ?? "any")]
        if !promotesFrom.isEmpty { members["promotesFrom"] = .list(promotesFrom.map { .text($0) }) }
        if !gates.isEmpty { members["gates"] = .list(gates.map(\.document)) }
        if approvals.count > 0 { members["approvals"] = approvals.document }
        if rolloutApprovals.count > 0 { members["rolloutApprovals"] = rolloutApprovals.document }
        if let freeze {
            members["frozen"] = .flag(true)
            if !freeze.isEmpty { members["frozenReason"] = .text(freeze) }
        }
        for (name, roles) in [("deploy", deploy), ("rollout", rollout), ("rollback", rollback)] {
            if let roles { members[name] = .list(roles.map { .text($0.rawValue) }) }
        }
        return .mapping(members)
    }
}

extension SpacePolicy: Codable {
    private enum CodingKeys: String, CodingKey { case document, revision }

    package init(from decoder: any Decoder) throws {
        let values = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            document: try values.decode(DocumentValue.self, forKey: .document),
            revision: try values.decode(Int.self, forKey: .revision))
    }

    package func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(document, forKey: .document)
        try values.encode(revision, forKey: .revision)
    }
}

extension ApprovalDemand {
    /// People at most whose approval can be asked for.
    static let maximumCount = 16

    fileprivate init(_ value: DocumentValue?, at path: String) throws(ControlError) {
        guard let value else {
            self = .none
            return
        }
        var fields = try DocumentFields(value, at: path)
        self.init(count: try fields.whole("count", in: 0...Self.maximumCount) ?? 1)
        if let roles = try fields.words("roles", among: Role.ofMembers) {
            guard !roles.isEmpty else { throw fields.refusal("roles", "is an empty list: nobody could approve") }
            self.roles = roles
        }
        if let fourEyes = try fields.flag("fourEyes") { self.fourEyes = fourEyes }
        try fields.finish()
    }

    fileprivate var document: DocumentValue {
        .mapping([
            "count": .whole(count), "roles": .list(roles.map { .text($0.rawValue) }), "fourEyes": .flag(fourEyes),
        ])
    }
}

extension GateDemand {
    fileprivate init(_ value: DocumentValue, at path: String) throws(ControlError) {
        var fields = try DocumentFields(value, at: path)
        name = try fields.required("name")
        try Name.validate(name, field: fields.place("name"))
        guard let word = try fields.word("kind", among: GateKind.allCases.map(\.rawValue)),
            let kind = GateKind(rawValue: word)
        else { throw fields.refusal("kind", "is missing") }
        models = try fields.texts("models", atMost: 1000)
        for (index, model) in (models ?? []).enumerated() {
            try Name.validate(model, field: "\(fields.place("models"))[\(index)]")
        }
        self.fields = fields.untaken
        rule = try GateRule(kind, &fields)
        try fields.finish()
    }

    fileprivate var document: DocumentValue {
        var members = fields
        members["name"] = .text(name)
        members["kind"] = .text(kind.rawValue)
        if let models { members["models"] = .list(models.map { .text($0) }) }
        return .mapping(members)
    }
}
