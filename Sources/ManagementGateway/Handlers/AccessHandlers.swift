import Gateway
import Governance
import HTTPTypes
import Hummingbird
import Identity
import Journal
import ManagementAPI

/// Who is who: the caller, members of spaces, owners of the server.
extension ManagementInterface {
    /// Who the server takes the caller for.
    func me(_ call: ManagementRequest) async throws -> Response {
        let caller = call.caller
        let spaces = try await visibleSpaces(to: caller).map(\.space.name)
        return try .json(
            CallerInfo(
                principal: caller.principal.id, isAdmin: caller.isAdmin, key: caller.key?.id,
                home: caller.home ?? Self.defaultSpace,
                expiresAt: caller.expiresAt.map { Timestamp(microseconds: $0).description },
                spaces: spaces.map { space in
                    .init(space: space, roles: caller.roles(in: space).roles.map(RoleName.init))
                }))
    }

    func members(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let list = try await services.members.list(of: call.space, after: after, limit: limit)
        return try .json(ManagementAPI.Page(items: list.items.map(MemberInfo.init), next: list.next))
    }

    func setMember(_ call: ManagementRequest) async throws -> Response {
        let wanted = try await call.document(MemberRequest.self, schema: "MemberRequest")
        return try .json(
            MemberInfo(
                try await services.members.set(
                    call.other, of: call.space, role: Role(wanted.role), by: call.principal,
                    idempotencyKey: call.idempotencyKey, expecting: try call.memberMatch())))
    }

    func removeMember(_ call: ManagementRequest) async throws -> Response {
        try .json(
            MemberInfo(
                try await services.members.remove(
                    call.other, of: call.space, by: call.principal, idempotencyKey: call.idempotencyKey,
                    expecting: try call.memberMatch())))
    }

    func admins() async throws -> Response {
        try .json(ManagementAPI.Page(items: try await services.members.admins().map(AdminInfo.init), next: nil))
    }

    func addAdmin(_ call: ManagementRequest) async throws -> Response {
        try .json(AdminInfo(try await services.members.addAdmin(call.other, by: call.principal)))
    }

    func removeAdmin(_ call: ManagementRequest) async throws -> Response {
        try .json(AdminInfo(try await services.members.removeAdmin(call.other, by: call.principal)))
    }
}

extension ManagementRequest {
    /// The principal or the key in the path.
    var other: String { match.other ?? "" }

    /// What `If-Match` says that somebody is now: `"operator"`, or `"none"`; `*` and absence say nothing.
    func memberMatch() throws(ControlError) -> MemberExpectation? {
        guard let text = request.headers[.ifMatch], text != "*" else { return nil }
        let bare = text.hasPrefix("\"") && text.hasSuffix("\"") ? String(text.dropFirst().dropLast()) : text
        switch MemberState(tag: bare) {
        case nil:
            throw ControlError(
                .invalid, "If-Match must be a role or \"none\", got \(Name.excerpt(of: text))", field: "If-Match")
        case .nobody?: return .nobody
        case .role(let role)?: return .role(Role(role))
        }
    }
}

extension RoleName {
    init(_ role: Role) {
        self =
            switch role {
            case .viewer: .viewer
            case .developer: .developer
            case .validator: .validator
            case .operator: .operator
            case .owner: .owner
            case .reporter: .reporter
            }
    }
}

extension Role {
    init(_ name: RoleName) {
        self =
            switch name {
            case .viewer: .viewer
            case .developer: .developer
            case .validator: .validator
            case .operator: .operator
            case .owner: .owner
            case .reporter: .reporter
            }
    }
}

extension MemberInfo {
    init(_ member: Member) {
        self.init(
            space: member.space, principal: member.principal, role: RoleName(member.role),
            createdAt: member.createdAt.description, createdBy: member.createdBy)
    }
}

extension AdminInfo {
    init(_ admin: Admin) {
        self.init(
            principal: admin.principal, createdAt: admin.createdAt.description, createdBy: admin.createdBy)
    }
}
