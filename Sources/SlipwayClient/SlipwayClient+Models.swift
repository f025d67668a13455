public import ManagementAPI
import NIOHTTP1

extension SlipwayClient {
    /// One page of the space's models, by name; `after` is the `next` of the page before.
    public func models(limit: Int? = nil, after: String? = nil) async throws(ClientError) -> Page<ModelInfo> {
        try await receive(page(.get(spacePath("/models"), "list the models"), limit, after))
    }

    /// A model, its latest version's figures and where it is served.
    public func model(_ name: String) async throws(ClientError) -> ModelInfo {
        try await receive(.get(modelPath(name), "show the model \(name)"))
    }

    /// One page of a model's versions; `after` is the `next` of the page before.
    public func versions(
        of model: String, limit: Int? = nil, after: String? = nil
    ) async throws(ClientError) -> Page<VersionInfo> {
        try await receive(page(.get(modelPath(model) + "/versions", "list the versions of \(model)"), limit, after))
    }

    /// One version: files, signature, provenance.
    public func version(_ version: Int, of model: String) async throws(ClientError) -> VersionInfo {
        try await receive(.get(modelPath(model) + "/versions/\(version)", "show \(model):\(version)"))
    }

    /// Makes a version of files whose bytes the server has already; `push` does all of it.
    public func createVersion(of model: String, _ request: PushRequest) async throws(ClientError) -> PushResponse {
        var call = Call.change(.POST, modelPath(model) + "/versions", "check and register the model")
        call.body = try encode(request)
        return try await receive(call)
    }

    /// Deletes a version that nothing needs any more. In a space that does not own the model, it is no longer available
    /// there. The server refuses while something holds it, and says what.
    @discardableResult
    public func deleteVersion(_ version: Int, of model: String) async throws(ClientError) -> VersionDeletionInfo {
        try await receive(
            .change(.DELETE, modelPath(model) + "/versions/\(version)", "delete \(model):\(version)"))
    }

    private func modelPath(_ name: String) -> String { spacePath("/models/\(ServerAddress.encode(name))") }
}
