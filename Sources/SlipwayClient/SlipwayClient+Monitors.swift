public import ManagementAPI
import NIOCore
import NIOHTTP1

extension SlipwayClient {
    /// How the endpoint is watched.
    public func monitor(of endpoint: String) async throws(ClientError) -> MonitorInfo {
        try await receive(.get(monitorPath(endpoint), "show how \(endpoint) is watched"))
    }

    /// Sets all of it. JSON is YAML too.
    ///
    /// - Parameter revision: of the monitor, as the caller saw it; the server refuses when it is no longer the current one.
    @discardableResult
    public func setMonitor(
        yaml: String, of endpoint: String, ifRevision revision: Int? = nil
    ) async throws(ClientError) -> MonitorInfo {
        var call = Call.change(.PUT, monitorPath(endpoint), "set how \(endpoint) is watched")
        call.body = .bytes(ByteBuffer(string: yaml), type: "application/yaml")
        if let revision { call.headers.append(("if-match", "\"\(revision)\"")) }
        return try await receive(call)
    }

    /// One page of all that ever held, newest first.
    public func monitorRevisions(
        of endpoint: String, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<MonitorInfo> {
        let call = Call.get(monitorPath(endpoint) + "/revisions", "show how \(endpoint) was watched")
        return try await receive(page(call, limit, after))
    }

    private func monitorPath(_ endpoint: String) -> String {
        spacePath("/deployments/\(ServerAddress.encode(endpoint))/monitor")
    }
}
