public import ManagementAPI
import NIOHTTP1

extension SlipwayClient {
    /// One page of what was done, newest first; `after` is the `next` of the page before.
    ///
    /// - Parameter space: the one whose events to list, for which a role there is enough; `nil` for the whole server's.
    public func auditEvents(
        space: String? = nil, _ filter: AuditFilter = AuditFilter(), limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<AuditEventInfo> {
        let path = space.map { "/api/v1/spaces/\(ServerAddress.encode($0))/audit" } ?? "/api/v1/audit"
        var call = page(.get(path, "list what was done"), limit, after)
        call.query += filter.query
        return try await receive(call)
    }

    /// The end of the audit chain as it is now, signed.
    public func auditHead() async throws(ClientError) -> AuditHeadInfo {
        try await receive(.get("/api/v1/audit/head", "sign the end of its audit trail"))
    }

    /// The public key that heads are signed with.
    public func auditKey() async throws(ClientError) -> AuditKeyInfo {
        try await receive(.get("/api/v1/audit/key", "show its audit key"))
    }

    /// Follows the audit chain on the server and holds it against the heads that were signed.
    public func verifyAudit() async throws(ClientError) -> AuditReport {
        var call = Call.change(.POST, "/api/v1/audit/verify", "verify its audit trail")
        call.timeout = nil
        return try await receive(call)
    }

    /// Writes every event up to now into a file, one JSON line each, and last the signed head. The file comes into being
    /// whole or not at all.
    ///
    /// - Returns: the head; its sequence is the number of events.
    public func exportAudit(to path: String) async throws(ClientError) -> AuditHeadInfo {
        let file = try PartialFile(path)
        do throws(ClientError) {
            let head = try await auditHead()
            var last = 0
            while last < head.sequence {
                for event in try await oldestEvents(after: last) where event.sequence <= head.sequence {
                    guard event.sequence == last + 1 else { break }
                    last = event.sequence
                    try write(event, to: file)
                }
            }
            try write(AuditExportEnd(head: head), to: file)
            try file.finish()
            return head
        } catch {
            file.abandon()
            throw error
        }
    }

    private func oldestEvents(after last: Int) async throws(ClientError) -> [AuditEventInfo] {
        var call = page(.get("/api/v1/audit", "list what was done"), 1000, String(last))
        call.query.append(("order", "oldest"))
        let page: Page<AuditEventInfo> = try await receive(call)
        guard page.items.first?.sequence == last + 1 else {
            throw .unexpectedAnswer(server: server, what: "an audit trail without event \(last + 1)")
        }
        return page.items
    }

    private func write(_ value: some Encodable, to file: PartialFile) throws(ClientError) {
        let line = try encoded(value) + [UInt8(ascii: "\n")]
        let result: Result<Void, ClientError> = line.withUnsafeBytes { bytes in
            do throws(ClientError) {
                return .success(try file.write(bytes))
            } catch {
                return .failure(error)
            }
        }
        try result.get()
    }
}
