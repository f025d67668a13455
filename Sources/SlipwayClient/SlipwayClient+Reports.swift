public import ManagementAPI
import NIOHTTP1

/// Outcomes, and what rollouts find out by comparing.
extension SlipwayClient {
    /// Tells the A/B rollout that is open at the endpoint what came of its predictions.
    @discardableResult
    public func tellOutcomes(
        _ outcomes: [OutcomeRequest], of endpoint: String
    ) async throws(ClientError) -> OutcomesAnswer {
        let path = spacePath("/deployments/\(ServerAddress.encode(endpoint))/outcomes")
        var call = Call.change(.POST, path, "tell outcomes of \(endpoint)")
        call.body = try encode(OutcomesRequest(outcomes: outcomes))
        return try await receive(call)
    }

    /// What the rollout found out by comparing; `nil` for the number: the open one, else the last.
    public func rolloutReport(
        of endpoint: String, _ number: Int? = nil
    ) async throws(ClientError) -> RolloutReportInfo {
        let path = spacePath("/deployments/\(ServerAddress.encode(endpoint))/rollouts/")
        return try await receive(
            .get(path + (number.map { String($0) } ?? "open") + "/report", "report on the rollout of \(endpoint)"))
    }
}
