import Gateway
import HTTPTypes
import Hummingbird
import Identity
import Journal
import ManagementAPI

extension ManagementInterface {
    /// Ten years: who wants longer wants a key that does not expire.
    private static let longestLife = 315_360_000
    private static let standardOverlap = 86_400

    func keys(_ call: ManagementRequest) async throws -> Response {
        let (limit, after) = try call.page()
        let principal = call.request.uri.queryParameters["principal"].map { String($0) }
        let list = try await services.keys.list(of: principal, after: after, limit: limit, caller: call.caller)
        return try .json(ManagementAPI.Page(items: list.items.map { info(of: $0) }, next: list.next))
    }

    func createKey(_ call: ManagementRequest) async throws -> Response {
        let wanted = try await call.document(KeyRequest.self, schema: "KeyRequest")
        let issued = try await services.keys.create(
            try order(wanted), caller: call.caller, idempotencyKey: call.idempotencyKey)
        return try secret(NewKey(key: issued.text, info: info(of: issued.key)))
    }

    func rotateKey(_ call: ManagementRequest) async throws -> Response {
        let wanted = try await call.optionalDocument(RotateRequest.self, schema: "RotateRequest")
        let issued = try await services.keys.rotate(
            call.other, overlap: wanted?.overlapSeconds ?? Self.standardOverlap, caller: call.caller,
            idempotencyKey: call.idempotencyKey)
        return try secret(NewKey(key: issued.text, info: info(of: issued.key)))
    }

    func revokeKey(_ call: ManagementRequest) async throws -> Response {
        try .json(
            info(
                of: try await services.keys.revoke(
                    call.other, caller: call.caller, idempotencyKey: call.idempotencyKey)))
    }

    /// An answer that nobody on the way may keep.
    private func secret(_ key: NewKey) throws -> Response {
        var response = try Response.json(key, status: .created)
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private func order(_ wanted: KeyRequest) throws(ControlError) -> KeyOrder {
        var expiresAt: Timestamp?
        if let seconds = wanted.expiresInSeconds {
            guard (1...Self.longestLife).contains(seconds) else {
                throw ControlError(
                    .invalid, "expiresInSeconds must be from 1 to \(Self.longestLife), got \(seconds)",
                    field: "expiresInSeconds", hint: "leave it out for a key that does not expire")
            }
            expiresAt = Timestamp(microseconds: services.access.now.microseconds + seconds * 1_000_000)
        }
        return KeyOrder(
            name: wanted.name ?? "", principal: wanted.principal,
            scope: KeyScope(
                home: wanted.home, spaces: wanted.spaces.map { Set($0) },
                roles: wanted.roles.map { Set($0.map(Role.init)) }, endpoints: wanted.endpoints.map { Set($0) }),
            limits: Identity.KeyLimits(wanted.limits ?? ManagementAPI.KeyLimits()), expiresAt: expiresAt)
    }

    private func info(of key: APIKey) -> KeyInfo {
        let state: KeyInfo.State =
            key.revokedAt != nil ? .revoked : key.isValid(at: services.access.now) ? .valid : .expired
        return KeyInfo(
            id: key.id, name: key.name, principal: key.principal, state: state, home: key.scope.home,
            spaces: key.scope.spaces?.sorted(),
            roles: key.scope.roles.map { RoleSet($0).roles.map(RoleName.init) },
            endpoints: key.scope.endpoints?.sorted(), limits: ManagementAPI.KeyLimits(key.limits),
            usage: services.keys.usage(of: key).map { .init(requests: $0.requests, rows: $0.rows) },
            createdAt: key.createdAt.description, createdBy: key.createdBy, expiresAt: key.expiresAt?.description,
            revokedAt: key.revokedAt?.description, replacedBy: key.replacedBy)
    }
}

extension Identity.KeyLimits {
    init(_ limits: ManagementAPI.KeyLimits) {
        self.init(
            requestsPerSecond: limits.requestsPerSecond, rowsPerSecond: limits.rowsPerSecond,
            requestsPerMonth: limits.requestsPerMonth, rowsPerMonth: limits.rowsPerMonth)
    }
}

extension ManagementAPI.KeyLimits {
    init(_ limits: Identity.KeyLimits) {
        self.init(
            requestsPerSecond: limits.requestsPerSecond, rowsPerSecond: limits.rowsPerSecond,
            requestsPerMonth: limits.requestsPerMonth, rowsPerMonth: limits.rowsPerMonth)
    }
}
