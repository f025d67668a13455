/// Who asks.
package struct Principal: Sendable, Hashable, Codable {
    package let id: String

    package init(id: String) {
        self.id = id
    }

    /// The server, where it acts by itself: carries out a gate, takes up again what it was doing when it ended.
    package static let server = Principal(id: "server")

    /// The server, where it does by itself what a person set a rule for, or what its data folder needs.
    package static let automation = Principal(id: "slipway")

    /// Everyone who reaches the server on loopback, as long as nobody has to authenticate.
    package static let local = Principal(id: "local")
}
