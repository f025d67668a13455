public import ManagementAPI
import NIOCore
import NIOHTTP1

extension SlipwayClient {
    /// One page of the server's spaces, by name; `after` is the `next` of the page before.
    public func spaces(limit: Int? = nil, after: String? = nil) async throws(ClientError) -> Page<SpaceInfo> {
        try await receive(page(.get("/api/v1/spaces", "list the spaces"), limit, after))
    }

    /// A space by its name.
    public func space(named name: String) async throws(ClientError) -> SpaceInfo {
        try await receive(.get(path(of: name), "show a space"))
    }

    /// Makes a space that demands nothing yet.
    @discardableResult
    public func createSpace(_ name: String) async throws(ClientError) -> SpaceInfo {
        var call = Call.change(.POST, "/api/v1/spaces", "make the space \(name)")
        call.body = try encode(SpaceRequest(name: name))
        return try await receive(call)
    }

    /// Removes an empty space; its name is free then, and what happened in it stays in the audit.
    public func deleteSpace(_ name: String) async throws(ClientError) {
        _ = try await accepted(.change(.DELETE, path(of: name), "remove the space \(name)"))
    }

    /// What the space demands.
    public func policy(of space: String) async throws(ClientError) -> SpacePolicy {
        try await policyAndRevision(of: space).policy
    }

    /// What the space demands, and the revision that `setPolicy` takes to be sure that it changes just this; 0 before it
    /// was first set.
    public func policyAndRevision(
        of space: String
    ) async throws(ClientError) -> (policy: SpacePolicy, revision: Int) {
        let answer = try await accepted(.get(policyPath(space), "show what space \(space) demands"))
        let tag = answer.headers.first(name: "etag") ?? ""
        guard let revision = Int(tag.filter { $0 != "\"" }) else {
            throw .unexpectedAnswer(server: server, what: "a policy with the entity tag '\(tag)'")
        }
        return (try decode(answer.body), revision)
    }

    /// Sets all that the space demands, and moves what runs there; once this returns, all of it has moved.
    ///
    /// - Parameter revision: of the policy, as the caller saw it; the server refuses when it is no longer the current one.
    @discardableResult
    public func setPolicy(
        _ policy: SpacePolicy, of space: String, ifRevision revision: Int? = nil
    ) async throws(ClientError) -> SpacePolicy {
        try await setPolicy(encode(policy), of: space, revision)
    }

    /// The same, with the policy as YAML; JSON is YAML too.
    @discardableResult
    public func setPolicy(
        yaml: String, of space: String, ifRevision revision: Int? = nil
    ) async throws(ClientError) -> SpacePolicy {
        try await setPolicy(.bytes(ByteBuffer(string: yaml), type: "application/yaml"), of: space, revision)
    }

    /// One page of all that the space ever demanded, newest first.
    public func policyRevisions(
        of space: String, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<PolicyRevisionInfo> {
        let call = Call.get(policyPath(space) + "/revisions", "show what space \(space) demanded")
        return try await receive(page(call, limit, after))
    }

    private func setPolicy(
        _ body: Call.Body, of space: String, _ revision: Int?
    ) async throws(ClientError) -> SpacePolicy {
        var call = Call.change(.PUT, policyPath(space), "set what space \(space) demands")
        call.body = body
        if let revision { call.headers.append(("if-match", "\"\(revision)\"")) }
        return try await receive(call)
    }

    private func path(of space: String) -> String { "/api/v1/spaces/\(ServerAddress.encode(space))" }
    private func policyPath(_ space: String) -> String { path(of: space) + "/policy" }
}
