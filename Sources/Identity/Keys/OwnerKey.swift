package import Journal

/// The key that a server is handed over with.
extension KeyService {
    /// Who the first owner is.
    package static let firstOwner = Principal(id: "admin")
    /// Who does what nobody asked for, in the audit.
    package static let server = Principal(id: "server")

    /// Whether somebody owns the server: then it has been served with authentication before.
    package func hasOwner() async throws(ControlError) -> Bool {
        try await !store.read { try $0.admins() }.isEmpty
    }

    /// Makes the first owner and their key, where nobody owns the server yet.
    ///
    /// - Parameter anew: make another key for them although there are owners: for who has lost theirs.
    /// - Returns: `nil` when there was nothing to do.
    package func handOver(anew: Bool) async throws(ControlError) -> IssuedKey? {
        let text = newText()
        let owner = Self.firstOwner
        let mutation = Mutation(principal: Self.server, space: "", idempotency: nil)
        let committed = try await store.commit(mutation) { transaction in
            let admins = try transaction.admins()
            guard admins.isEmpty || anew else { return Change<APIKey?>(nil, event: nil) }
            if !admins.contains(where: { $0.principal == owner.id }) {
                try transaction.addAdmin(owner.id, by: Self.server)
            }
            let key = APIKey(
                id: text.id, lineage: text.id, name: anew ? "made at start" : "first owner", principal: owner.id,
                scope: KeyScope(), limits: KeyLimits(), createdAt: transaction.moment, createdBy: Self.server.id,
                expiresAt: nil)
            try transaction.insert(HashedKey(key: key, secretHash: text.secretHash))
            return Change<APIKey?>(key, event: Self.event("server.handover", key))
        }
        try await publish()
        return committed.answer.map { IssuedKey(key: $0, text: text.text) }
    }
}
