public import ManagementAPI
import NIOHTTP1

/// Members and keys.
extension SlipwayClient {
    /// Who the server takes this client for.
    public func me() async throws(ClientError) -> CallerInfo {
        try await receive(.get("/api/v1/me", "say who you are"))
    }

    /// One page of the space's members, by principal; `after` is the `next` of the page before.
    public func members(limit: Int? = nil, after: String? = nil) async throws(ClientError) -> Page<MemberInfo> {
        try await receive(page(.get(spacePath("/members"), "list the members"), limit, after))
    }

    /// Makes somebody a member of the space, or gives them another role. It holds for the next request.
    ///
    /// - Parameter before: what they are, as the caller saw it; the server refuses when they are something else.
    @discardableResult
    public func setMember(
        _ principal: String, role: RoleName, ifNow before: MemberState? = nil
    ) async throws(ClientError) -> MemberInfo {
        var call = Call.change(.PUT, memberPath(principal), "make \(principal) a member")
        call.body = try encode(MemberRequest(role: role))
        return try await receive(conditional(call, before))
    }

    /// Takes a member's role away. It holds for the next request.
    @discardableResult
    public func removeMember(
        _ principal: String, ifNow before: MemberState? = nil
    ) async throws(ClientError) -> MemberInfo {
        try await receive(
            conditional(.change(.DELETE, memberPath(principal), "remove the member \(principal)"), before))
    }

    private func conditional(_ call: Call, _ before: MemberState?) -> Call {
        var call = call
        if let before { call.headers.append(("if-match", "\"\(before.tag)\"")) }
        return call
    }

    private func memberPath(_ principal: String) -> String { spacePath("/members/\(ServerAddress.encode(principal))") }

    /// The owners of the server.
    public func admins() async throws(ClientError) -> Page<AdminInfo> {
        try await receive(.get("/api/v1/admins", "list its owners"))
    }

    /// Makes somebody an owner of the server.
    @discardableResult
    public func addAdmin(_ principal: String) async throws(ClientError) -> AdminInfo {
        try await receive(
            .change(.PUT, "/api/v1/admins/\(ServerAddress.encode(principal))", "make \(principal) an owner"))
    }

    /// Makes somebody no longer an owner of the server; the last one stays.
    @discardableResult
    public func removeAdmin(_ principal: String) async throws(ClientError) -> AdminInfo {
        try await receive(
            .change(.DELETE, "/api/v1/admins/\(ServerAddress.encode(principal))", "take \(principal) from its owners"))
    }

    /// One page of the caller's keys, or of those of all where an owner of the server asks.
    public func keys(
        of principal: String? = nil, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<KeyInfo> {
        var call = Call.get("/api/v1/keys", "list the keys")
        if let principal { call.query.append(("principal", principal)) }
        return try await receive(page(call, limit, after))
    }

    /// Makes a key. The answer has the only copy of it.
    public func createKey(_ request: KeyRequest) async throws(ClientError) -> NewKey {
        var call = Call.change(.POST, "/api/v1/keys", "make a key")
        call.body = try encode(request)
        return try await receive(call)
    }

    /// Makes a key in the place of another, which stays valid for `overlapSeconds`: a day unless given.
    public func rotateKey(_ id: String, overlapSeconds: Int? = nil) async throws(ClientError) -> NewKey {
        var call = Call.change(.POST, "/api/v1/keys/\(ServerAddress.encode(id))/rotate", "rotate the key \(id)")
        call.body = try encode(RotateRequest(overlapSeconds: overlapSeconds))
        return try await receive(call)
    }

    /// Ends a key: the next request that comes with it is refused.
    @discardableResult
    public func revokeKey(_ id: String) async throws(ClientError) -> KeyInfo {
        try await receive(.change(.DELETE, "/api/v1/keys/\(ServerAddress.encode(id))", "revoke the key \(id)"))
    }
}
