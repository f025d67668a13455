import NIOCore

/// The memory that bodies take together: this connection's part of it.
extension HTTPConnection {
    /// Refuses at once a body for which there is no room now, before the peer has sent it.
    func checkRoom(for length: Int) throws(HTTPFault) {
        guard length <= max(BodyBudget.free, gateway.bodies.limit) else { throw Self.tooLarge(gateway.bodies.limit) }
        guard gateway.bodies.hasRoom(for: length) else { throw HTTPFault(full: gateway.bodies) }
    }

    /// Counts the first `count` bytes of the body that is coming.
    func hold(_ count: Int) throws(HTTPFault) {
        guard count > BodyBudget.free else { return }
        let share = self.share ?? BodyShare(gateway.bodies)
        self.share = share
        guard share.grow(to: count) else { throw HTTPFault(full: gateway.bodies) }
    }
}

extension HTTPFault {
    init(full budget: BodyBudget) {
        self.init(
            .unavailable, "the bodies of other requests take all of the \(budget.limit) bytes that there are for them",
            fields: [("retry-after", "1")])
    }
}
