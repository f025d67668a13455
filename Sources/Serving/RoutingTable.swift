/// Endpoints by space and name, as one snapshot has them; immutable.
final class RoutingTable: Sendable {
    let generation: Int
    /// By space, then name.
    let endpoints: [Endpoint]
    private let spaces: [String: [String: Endpoint]]

    init(generation: Int, endpoints: [Endpoint]) {
        self.generation = generation
        self.endpoints = endpoints.sorted { ($0.entry.space, $0.entry.name) < ($1.entry.space, $1.entry.name) }
        var spaces: [String: [String: Endpoint]] = [:]
        for endpoint in endpoints { spaces[endpoint.entry.space, default: [:]][endpoint.entry.name] = endpoint }
        self.spaces = spaces
    }

    func endpoint(space: String, name: String) -> Endpoint? { spaces[space]?[name] }
}
