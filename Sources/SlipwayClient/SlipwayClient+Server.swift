public import ManagementAPI
import NIOHTTP1

extension SlipwayClient {
    /// What the server is: version, uptime, data folder, runtimes.
    public func serverInfo() async throws(ClientError) -> ServerInfo {
        try await receive(.get("/api/v1/server", "say what it is"))
    }

    /// One screen: spaces, endpoints, traffic, room on the disk.
    public func status() async throws(ClientError) -> StatusReport {
        try await receive(.get("/api/v1/status", "report its status"))
    }

    /// One page of the server's spaces, by name; `after` is the `next` of the page before.
    public func spaces(limit: Int? = nil, after: String? = nil) async throws(ClientError) -> Page<SpaceInfo> {
        try await receive(page(.get("/api/v1/spaces", "list the spaces"), limit, after))
    }

    /// A space by its name.
    public func space(named name: String) async throws(ClientError) -> SpaceInfo {
        try await receive(.get("/api/v1/spaces/\(ServerAddress.encode(name))", "show a space"))
    }

    /// What the space demands of everything that is deployed in it.
    public func policy(of space: String) async throws(ClientError) -> SpacePolicy {
        try await receive(.get(policyPath(space), "show what space \(space) demands"))
    }

    /// Sets what the space demands, and moves what runs there; once this returns, all of it has moved.
    ///
    /// - Parameter revision: of the policy, as the caller saw it; the server refuses when it is no longer the current one.
    @discardableResult
    public func setPolicy(
        _ policy: SpacePolicy, of space: String, ifRevision revision: Int? = nil
    ) async throws(ClientError) -> SpacePolicy {
        var call = Call.change(.PUT, policyPath(space), "set what space \(space) demands")
        call.body = try encode(policy)
        if let revision { call.headers.append(("if-match", "\"\(revision)\"")) }
        return try await receive(call)
    }

    private func policyPath(_ space: String) -> String { "/api/v1/spaces/\(ServerAddress.encode(space))/policy" }

    /// Hashes every stored blob again and checks the audit chain and the database. Takes as long as reading it all.
    public func verify() async throws(ClientError) -> VerifyReport {
        var call = Call.change(.POST, "/api/v1/verify", "check what it has stored")
        call.timeout = nil
        return try await receive(call)
    }

    func page(_ call: Call, _ limit: Int?, _ after: String?) -> Call {
        var call = call
        if let limit { call.query.append(("limit", String(limit))) }
        if let after { call.query.append(("after", after)) }
        return call
    }
}

/// Follows the pages of a list to its end.
///
///     let models = try await allItems { page in try await client.models(after: page) }
public func allItems<Item, Failure>(
    of page: (_ after: String?) async throws(Failure) -> Page<Item>
) async throws(Failure) -> [Item] {
    var items: [Item] = []
    var after: String?
    repeat {
        let part = try await page(after)
        items += part.items
        after = part.items.isEmpty ? nil : part.next
    } while after != nil
    return items
}
