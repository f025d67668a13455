public import ManagementAPI
import NIOHTTP1

/// Retraining rules and their runs.
extension SlipwayClient {
    /// The rules of an endpoint, and how each stands.
    public func retraining(of endpoint: String) async throws(ClientError) -> RetrainingInfo {
        try await receive(.get(rulesPath(endpoint), "show what retrains the model of \(endpoint)"))
    }

    /// Begins a run, whatever its rule waits for.
    ///
    /// - Parameter rule: may be left out where the endpoint has one.
    public func startRetraining(
        of endpoint: String, rule: String? = nil, reason: String? = nil
    ) async throws(ClientError) -> RetrainingRunInfo {
        var call = Call.change(.POST, rulesPath(endpoint), "retrain the model of \(endpoint)")
        call.body = try encode(RetrainingRequest(rule: rule, reason: reason))
        return try await receive(call)
    }

    /// One page of the space's runs, newest first; `after` is the `next` of the page before.
    public func retrainingRuns(
        of endpoint: String? = nil, rule: String? = nil, onlyOpen: Bool = false, limit: Int? = nil,
        after: String? = nil
    ) async throws(ClientError) -> Page<RetrainingRunInfo> {
        var call = page(.get(spacePath("/retraining/runs"), "list the retraining runs"), limit, after)
        if let endpoint { call.query.append(("endpoint", endpoint)) }
        if let rule { call.query.append(("rule", rule)) }
        if onlyOpen { call.query.append(("open", "true")) }
        return try await receive(call)
    }

    public func retrainingRun(_ run: Int) async throws(ClientError) -> RetrainingRunInfo {
        try await receive(.get(runPath(run), "show retraining run \(run)"))
    }

    /// The end of what the run's command has written.
    public func retrainingLog(of run: Int, bytes: Int? = nil) async throws(ClientError) -> RetrainingLogInfo {
        var call = Call.get(runPath(run) + "/log", "show the log of retraining run \(run)")
        if let bytes { call.query.append(("bytes", String(bytes))) }
        return try await receive(call)
    }

    @discardableResult
    public func cancelRetraining(_ run: Int, reason: String? = nil) async throws(ClientError) -> RetrainingRunInfo {
        var call = Call.change(.POST, runPath(run) + "/cancel", "cancel retraining run \(run)")
        call.body = try encode(EndRequest(reason: reason))
        return try await receive(call)
    }

    /// Says how a run went that the server told another system of.
    @discardableResult
    public func reportRetraining(
        _ run: Int, succeeded: Bool, message: String? = nil
    ) async throws(ClientError) -> RetrainingRunInfo {
        var call = Call.change(.POST, runPath(run) + "/report", "report on retraining run \(run)")
        call.body = try encode(RetrainingReport(succeeded: succeeded, message: message))
        return try await receive(call)
    }

    private func rulesPath(_ endpoint: String) -> String {
        spacePath("/deployments/\(ServerAddress.encode(endpoint))/retraining")
    }

    private func runPath(_ run: Int) -> String { spacePath("/retraining/runs/\(run)") }
}
