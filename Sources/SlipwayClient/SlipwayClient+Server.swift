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
