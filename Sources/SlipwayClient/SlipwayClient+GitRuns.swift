public import ManagementAPI
import NIOHTTP1

/// Git repositories and their runs.
extension SlipwayClient {
    /// One page of the space's repositories, by name; `after` is the `next` of the page before.
    public func repositories(
        limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<RepositoryInfo> {
        try await receive(page(.get(spacePath("/repositories"), "list the repositories"), limit, after))
    }

    public func repository(_ name: String) async throws(ClientError) -> RepositoryInfo {
        try await receive(.get(repositoryPath(name), "show the repository \(name)"))
    }

    /// Adds a repository to the space.
    ///
    /// - Parameters:
    ///   - url: `https://HOST/PATH`, or `file:///PATH` on the server; the server's configuration must let it.
    ///   - into: other spaces that its runs may act in; the caller must be one who may deploy there.
    public func addRepository(
        _ name: String, url: String, branch: String? = nil, into: [String]? = nil
    ) async throws(ClientError) -> RepositoryInfo {
        var call = Call.change(.POST, spacePath("/repositories"), "add the repository \(name)")
        call.body = try encode(RepositoryRequest(name: name, url: url, branch: branch, into: into))
        return try await receive(call)
    }

    /// Makes another secret for the messages about a repository; the one before is worth nothing from now on.
    public func rotateRepositorySecret(_ name: String) async throws(ClientError) -> RepositorySecretInfo {
        try await receive(
            .change(.POST, repositoryPath(name) + "/rotate-secret", "make another secret for \(name)"))
    }

    /// Removes a repository; its runs stay on record.
    public func removeRepository(_ name: String) async throws(ClientError) {
        struct Nothing: Decodable, Sendable {}
        let _: Nothing = try await receive(.change(.DELETE, repositoryPath(name), "remove the repository \(name)"))
    }

    @discardableResult
    public func pauseRepository(_ name: String, reason: String? = nil) async throws(ClientError) -> RepositoryInfo {
        var call = Call.change(.POST, repositoryPath(name) + "/pause", "pause the repository \(name)")
        call.body = try encode(EndRequest(reason: reason))
        return try await receive(call)
    }

    @discardableResult
    public func resumeRepository(_ name: String) async throws(ClientError) -> RepositoryInfo {
        try await receive(.change(.POST, repositoryPath(name) + "/resume", "resume the repository \(name)"))
    }

    /// One page of the space's runs, newest first; `after` is the `next` of the page before.
    public func gitRuns(
        of repository: String? = nil, onlyOpen: Bool = false, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<GitRunInfo> {
        var call = page(.get(spacePath("/runs"), "list the runs"), limit, after)
        if let repository { call.query.append(("repository", repository)) }
        if onlyOpen { call.query.append(("open", "true")) }
        return try await receive(call)
    }

    public func gitRun(_ run: Int) async throws(ClientError) -> GitRunInfo {
        try await receive(.get(gitRunPath(run), "show run \(run)"))
    }

    /// The end of what a step has written; of the last one with a log unless it is named.
    public func gitRunLog(
        of run: Int, step: String? = nil, bytes: Int? = nil
    ) async throws(ClientError) -> GitRunLogInfo {
        var call = Call.get(gitRunPath(run) + "/log", "show the log of run \(run)")
        if let step { call.query.append(("step", step)) }
        if let bytes { call.query.append(("bytes", String(bytes))) }
        return try await receive(call)
    }

    /// Begins a run of a repository's branch.
    ///
    /// - Parameter ref: another branch, a tag or a whole commit.
    public func startGitRun(
        of repository: String, ref: String? = nil, reason: String? = nil
    ) async throws(ClientError) -> GitRunInfo {
        var call = Call.change(.POST, spacePath("/runs"), "begin a run of \(repository)")
        call.body = try encode(GitRunRequest(repository: repository, ref: ref, reason: reason))
        return try await receive(call)
    }

    /// Begins a run of the same commit.
    public func repeatGitRun(_ run: Int) async throws(ClientError) -> GitRunInfo {
        var call = Call.change(.POST, spacePath("/runs"), "repeat run \(run)")
        call.body = try encode(GitRunRequest(repeat: run))
        return try await receive(call)
    }

    @discardableResult
    public func cancelGitRun(_ run: Int, reason: String? = nil) async throws(ClientError) -> GitRunInfo {
        var call = Call.change(.POST, gitRunPath(run) + "/cancel", "cancel run \(run)")
        call.body = try encode(EndRequest(reason: reason))
        return try await receive(call)
    }

    private func repositoryPath(_ name: String) -> String {
        spacePath("/repositories/\(ServerAddress.encode(name))")
    }

    private func gitRunPath(_ run: Int) -> String { spacePath("/runs/\(run)") }
}
