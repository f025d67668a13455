public import ManagementAPI

/// Which part of an endpoint's time series is wanted. What is `nil` is for the server to choose.
public struct SeriesWindow: Sendable, Hashable {
    /// From this moment on: RFC 3339 in UTC, or a day; an hour before the end unless given.
    public var from: String?
    /// Before this moment; now unless given.
    public var to: String?
    /// Seconds of one point.
    public var step: Int?
    /// All unless given.
    public var metrics: [SeriesMetric]
    public var version: Int?
    public var variant: String?

    public init(
        from: String? = nil, to: String? = nil, step: Int? = nil, metrics: [SeriesMetric] = [], version: Int? = nil,
        variant: String? = nil
    ) {
        self.from = from
        self.to = to
        self.step = step
        self.metrics = metrics
        self.version = version
        self.variant = variant
    }

    var query: [(name: String, value: String)] {
        let metrics: String? = metrics.isEmpty ? nil : metrics.map(\.rawValue).joined(separator: ",")
        let all: [(name: String, value: String?)] = [
            ("from", from), ("to", to), ("step", step.map { String($0) }), ("metric", metrics),
            ("version", version.map { String($0) }), ("variant", variant),
        ]
        return all.compactMap { pair in pair.value.map { (pair.name, $0) } }
    }
}

extension SlipwayClient {
    /// What the endpoint did in a window of time.
    public func series(
        of endpoint: String, _ window: SeriesWindow = SeriesWindow()
    ) async throws(ClientError) -> SeriesInfo {
        var call = Call.get(
            spacePath("/deployments/\(ServerAddress.encode(endpoint))/series"), "show the time series of \(endpoint)")
        call.query = window.query
        return try await receive(call)
    }
}
