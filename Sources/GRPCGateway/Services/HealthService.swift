import InferenceProtobuf

/// `grpc.health.v1.Health`: the server as a whole is the service without a name, and each of its services is as ready as
/// it is.
///
/// Source: "GRPC Health Checking Protocol", https://github.com/grpc/grpc/blob/master/doc/health-checking.md.
struct HealthService {
    /// `HealthCheckResponse.ServingStatus`
    private enum ServingStatus: Int {
        case serving = 1
        case notServing = 2
        case serviceUnknown = 3
    }

    let isReady: Bool

    /// A `HealthCheckResponse`; fails for a service that nobody knows.
    func check(_ request: ProtobufMessage) throws -> ProtobufBuilder {
        let name = try request.string(1)
        guard let status = status(of: name) else {
            throw GRPCStatus(
                .notFound,
                "there is no service '\(name.prefix(128))'; leave it empty to ask for the server as a whole")
        }
        return Self.response(status)
    }

    /// The same, but that an unknown service is an answer.
    func watch(_ request: ProtobufMessage) throws -> ProtobufBuilder {
        Self.response(status(of: try request.string(1)) ?? .serviceUnknown)
    }

    /// A `HealthListResponse`.
    func list() -> ProtobufBuilder {
        var answer = ProtobufBuilder()
        for name in [""] + GRPCMethod.services {
            guard let status = status(of: name) else { continue }
            answer.entry(1, name) { $0.int64(1, status.rawValue) }
        }
        return answer
    }

    private func status(of service: String) -> ServingStatus? {
        guard service.isEmpty || GRPCMethod.services.contains(service) else { return nil }
        return isReady ? .serving : .notServing
    }

    private static func response(_ status: ServingStatus) -> ProtobufBuilder {
        var answer = ProtobufBuilder()
        answer.int64(1, status.rawValue)
        return answer
    }
}
