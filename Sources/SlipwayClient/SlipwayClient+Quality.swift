public import ManagementAPI
import NIOCore
import NIOHTTP1

/// The truth about predictions, and what it says of them.
extension SlipwayClient {
    /// Sends the truth about predictions: one JSON object a line, at most 32 MiB. The same truth sent twice counts once.
    ///
    ///     {"prediction": "3f0c...", "truth": 1}
    ///     {"request_id": "order-17", "truth": [1, null, 0], "at": "2026-03-01T09:30:00Z"}
    @discardableResult
    public func sendFeedback(lines: [UInt8], of endpoint: String) async throws(ClientError) -> FeedbackAnswer {
        var call = Call(
            method: .POST, path: spacePath("/deployments/\(ServerAddress.encode(endpoint))/feedback"),
            isRepeatable: true, timeout: .minutes(15), operation: "send feedback of \(endpoint)")
        call.body = .bytes(ByteBuffer(bytes: lines), type: "application/x-ndjson")
        return try await receive(call)
    }

    /// How good the endpoint's predictions turned out to be.
    ///
    /// - Parameters:
    ///   - rows: the newest rows that are judged together; `nil` for what the monitor says.
    ///   - hours: the same of the window by time.
    public func quality(
        of endpoint: String, rows: Int? = nil, hours: Int? = nil, version: Int? = nil
    ) async throws(ClientError) -> QualityInfo {
        var call = Call.get(
            spacePath("/deployments/\(ServerAddress.encode(endpoint))/quality"), "show the quality of \(endpoint)")
        call.query = [("rows", rows), ("hours", hours), ("version", version)].compactMap { name, value in
            value.map { (name, String($0)) }
        }
        call.timeout = .minutes(15)
        return try await receive(call)
    }
}
