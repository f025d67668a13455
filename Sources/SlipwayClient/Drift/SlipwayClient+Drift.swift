public import ManagementAPI

extension SlipwayClient {
    /// How far what an endpoint is asked and answers has gone from its reference.
    ///
    /// - Parameters:
    ///   - version: only this one.
    ///   - windows: of each version's closed windows, how many to say besides the last; 200 at most.
    public func drift(
        of endpoint: String, version: Int? = nil, windows: Int? = nil
    ) async throws(ClientError) -> DriftInfo {
        var call = Call.get(
            spacePath("/deployments/\(ServerAddress.encode(endpoint))/drift"), "show the drift of \(endpoint)")
        call.query = [("version", version), ("windows", windows)].compactMap { name, value in
            value.map { (name, String($0)) }
        }
        return try await receive(call)
    }
}
