/// Who asks.
package struct Principal: Sendable, Hashable, Codable {
    package let id: String

    package init(id: String) {
        self.id = id
    }

    /// Everyone who reaches the server on loopback, as long as nobody has to authenticate.
    package static let local = Principal(id: "local")
}
