package import Journal

/// Who is a member of which space, and who owns the server. A change holds for the next request everywhere once its
/// command is acknowledged.
package final class MemberService: Sendable {
    private let store: AccessUnitOfWork
    private let publisher: AccessPublisher

    package init(store: AccessUnitOfWork, publisher: AccessPublisher) {
        self.store = store
        self.publisher = publisher
    }

    /// Members by principal, those after `after`.
    package func list(
        of space: String, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<Member> {
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            return try transaction.members(of: space, after: after, limit: limit + 1)
        }
        return Page.cut(found, limit: limit, key: \.principal)
    }

    /// The principals who have one of the roles in a space, in order.
    package func members(of space: String, having roles: [Role]) async throws(ControlError) -> [String] {
        var found: [String] = []
        var after: String?
        repeat {
            let page = try await list(of: space, after: after, limit: PageLimit.maximum)
            found += page.items.filter { roles.contains($0.role) }.map(\.principal)
            after = page.next
        } while after != nil
        return found
    }

    /// Makes somebody a member, or gives them another role.
    ///
    /// - Parameter expecting: what the caller believes that they are; something else is a `conflict` on `ifMatch`.
    package func set(
        _ principal: String, of space: String, role: Role, by caller: Principal, idempotencyKey: String? = nil,
        expecting: MemberExpectation? = nil
    ) async throws(ControlError) -> Member {
        try Principal.validate(principal, field: "principal")
        guard role != .reporter else {
            throw ControlError(
                .invalid, "nobody is a member as reporter: it is what keys are limited to", field: "role",
                hint: "there are \(Role.ofMembers.map(\.rawValue).joined(separator: ", "))")
        }
        let mutation = Mutation(
            principal: caller, space: space,
            idempotency: try Idempotency.make(idempotencyKey, ["member.set", space, principal, role.rawValue]))
        let committed = try await store.commit(mutation) { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            let before = try transaction.member(principal, of: space)
            try expecting?.check(before, principal, space)
            if let before, before.role == role { return Change(before, event: nil) }
            try transaction.setMember(principal, of: space, role: role, by: caller)
            guard let member = try transaction.member(principal, of: space) else { throw Self.lost }
            return Change(
                member,
                event: AuditDraft(
                    action: before == nil ? "member.add" : "member.change", subject: principal,
                    detail: ["role": role.rawValue, "before": before?.role.rawValue ?? ""]))
        }
        try await publisher.publish()
        return committed.answer
    }

    /// Takes a member's role away.
    @discardableResult
    package func remove(
        _ principal: String, of space: String, by caller: Principal, idempotencyKey: String? = nil,
        expecting: MemberExpectation? = nil
    ) async throws(ControlError) -> Member {
        let mutation = Mutation(
            principal: caller, space: space,
            idempotency: try Idempotency.make(idempotencyKey, ["member.remove", space, principal]))
        let committed = try await store.commit(mutation) { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            guard let member = try transaction.member(principal, of: space) else {
                throw ControlError(
                    .notFound, "'\(Name.excerpt(of: principal))' is not a member of space '\(space)'",
                    field: "principal", hint: "`slipway member list` shows the members there are")
            }
            try expecting?.check(member, principal, space)
            try transaction.removeMember(principal, of: space)
            return Change(
                member,
                event: AuditDraft(action: "member.remove", subject: principal, detail: ["role": member.role.rawValue]))
        }
        try await publisher.publish()
        return committed.answer
    }

    // MARK: owners of the server

    package func admins() async throws(ControlError) -> [Admin] { try await store.read { try $0.admins() } }

    /// Makes somebody an owner of the server.
    package func addAdmin(_ principal: String, by caller: Principal) async throws(ControlError) -> Admin {
        try Principal.validate(principal, field: "principal")
        let committed = try await store.commit(Mutation(principal: caller, space: "", idempotency: nil)) {
            transaction in
            if let admin = try transaction.admins().first(where: { $0.principal == principal }) {
                return Change(admin, event: nil)
            }
            try transaction.addAdmin(principal, by: caller)
            guard let admin = try transaction.admins().first(where: { $0.principal == principal }) else {
                throw Self.lost
            }
            return Change(admin, event: AuditDraft(action: "admin.add", subject: principal))
        }
        try await publisher.publish()
        return committed.answer
    }

    /// The last one stays: nobody could give the server an owner again.
    package func removeAdmin(_ principal: String, by caller: Principal) async throws(ControlError) -> Admin {
        let committed = try await store.commit(Mutation(principal: caller, space: "", idempotency: nil)) {
            transaction in
            let admins = try transaction.admins()
            guard let admin = admins.first(where: { $0.principal == principal }) else {
                throw ControlError(
                    .notFound, "'\(Name.excerpt(of: principal))' does not own the server", field: "principal")
            }
            guard admins.count > 1 else {
                throw ControlError(
                    .conflict, "'\(admin.principal)' is the last owner of the server",
                    hint: "make somebody else one first: `slipway member add NAME --role admin`")
            }
            try transaction.removeAdmin(principal)
            return Change(admin, event: AuditDraft(action: "admin.remove", subject: principal))
        }
        try await publisher.publish()
        return committed.answer
    }

    private static let lost = ControlError(.internalFailure, "what was just stored is not there")
}
