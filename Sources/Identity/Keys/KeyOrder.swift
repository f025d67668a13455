package import Journal

/// A key that somebody asks for.
package struct KeyOrder: Sendable, Hashable {
    package var name: String
    /// Whose it is to be; `nil` for the one who asks.
    package var principal: String?
    package var scope: KeyScope
    package var limits: KeyLimits
    package var expiresAt: Timestamp?

    package init(
        name: String = "", principal: String? = nil, scope: KeyScope = KeyScope(), limits: KeyLimits = KeyLimits(),
        expiresAt: Timestamp? = nil
    ) {
        self.name = name
        self.principal = principal
        self.scope = scope
        self.limits = limits
        self.expiresAt = expiresAt
    }

    /// For the hash that an idempotency key is bound to.
    var canonical: [String] {
        ["key.create", name, principal ?? "", scope.text, limits.text, expiresAt.map(\.description) ?? "never"]
    }

    /// Checks what can be checked without the database.
    ///
    /// - Returns: whose key it will be.
    func validate(for caller: Caller, now: Timestamp) throws(ControlError) -> String {
        let owner = principal ?? caller.principal.id
        try Principal.validate(owner, field: "principal")
        let ours = [Principal.local.id, Principal.server.id, Principal.automation.id]
        guard !ours.contains(owner), !owner.hasPrefix(Principal.groupPrefix) else {
            throw ControlError(
                .invalid, "'\(owner)' is nobody who could have a key", field: "principal",
                hint: "say whose key it is to be: `--principal NAME`")
        }
        guard owner == caller.principal.id || caller.isAdmin else {
            throw ControlError(
                .refused, "'\(caller.principal.id)' may not make a key for '\(owner)'", field: "principal",
                hint: "everybody makes their own keys; owners of the server make those of others")
        }
        guard caller.key?.limits.isEmpty ?? true else {
            throw ControlError(
                .refused, "this key's requests are limited: it may not make keys that are not",
                hint: "use another key, or ask an owner of the server")
        }
        guard name.utf8.count <= 128, !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F })
        else {
            throw ControlError(
                .invalid, "the name has \(name.utf8.count) bytes or control characters; at most 128, without those",
                field: "name")
        }
        try checkExpiry(caller, now)
        try checkScope(caller)
        for (field, value, most) in limits.named {
            guard let value, !(1...most).contains(value) else { continue }
            throw ControlError(.invalid, "\(field) must be from 1 to \(most), got \(value)", field: "limits.\(field)")
        }
        return owner
    }

    private func checkExpiry(_ caller: Caller, _ now: Timestamp) throws(ControlError) {
        if let expiresAt, expiresAt <= now {
            throw ControlError(.invalid, "the key would expire at \(expiresAt), which is past", field: "expiresAt")
        }
        guard let end = caller.key?.expiresAt, expiresAt.map({ $0 > end }) ?? true else { return }
        throw ControlError(
            .refused, "a key that expires at \(end) may not make one that lives longer", field: "expiresAt",
            hint: "let the new one expire by then, or use another key")
    }

    private func checkScope(_ caller: Caller) throws(ControlError) {
        if let home = scope.home { try Name.validate(home, field: "home") }
        for space in (scope.spaces ?? []).sorted() {
            try Name.validate(space, field: "spaces")
            guard caller.sees(space: space) else { throw ControlError.spaceNotFound(space) }
        }
        for endpoint in (scope.endpoints ?? []).sorted() { try Name.validate(endpoint, field: "endpoints") }
        for (field, isEmpty) in [
            ("spaces", scope.spaces?.isEmpty), ("roles", scope.roles?.isEmpty), ("endpoints", scope.endpoints?.isEmpty),
        ] where isEmpty == true {
            throw ControlError(
                .invalid, "'\(field)' is empty: such a key would open nothing", field: field,
                hint: "leave it out for no limit")
        }
        guard (scope.spaces?.count ?? 0) <= 256, (scope.endpoints?.count ?? 0) <= 256 else {
            throw ControlError(.invalid, "a key is limited to at most 256 spaces and 256 endpoints", field: "spaces")
        }
        if let home = scope.home, let spaces = scope.spaces, !spaces.contains(home) {
            throw ControlError(
                .invalid, "the home '\(home)' is not one of the spaces that the key is limited to", field: "home")
        }
    }
}

extension KeyScope {
    /// For hashes and the audit; the same for the same scope.
    var text: String {
        func list(_ names: Set<String>?) -> String { names.map { $0.sorted().joined(separator: ",") } ?? "any" }
        return "home=\(home ?? "") spaces=\(list(spaces)) roles=\(list(roles.map { Set($0.map(\.rawValue)) }))"
            + " endpoints=\(list(endpoints))"
    }
}

extension KeyLimits {
    /// For hashes and the audit.
    var text: String {
        let set = named.compactMap { limit in limit.value.map { "\(limit.name)=\($0)" } }
        return set.isEmpty ? "none" : set.joined(separator: " ")
    }
}
