import Gateway

/// What all calls of a connection hold together of messages that have not all come. One small message is free, as one
/// small body over HTTP is; but a connection may have hundreds of them.
struct ConnectionLoad {
    private var bytes = 0
    private var share: BodyShare?

    /// Counts a call anew; false when there is no room for what it holds.
    mutating func weigh(_ call: GRPCCall, _ bodies: BodyBudget) -> Bool {
        let now = call.uncounted
        guard now != call.weight else { return true }
        let before = bytes
        bytes += now - call.weight
        call.weight = now
        if bytes <= before {
            shrink()
            return true
        }
        guard bytes > BodyBudget.free else { return true }
        let share = share ?? BodyShare(bodies)
        self.share = share
        return share.grow(to: bytes)
    }

    /// The call is over.
    mutating func remove(_ call: GRPCCall) {
        guard call.weight > 0 else { return }
        bytes -= call.weight
        call.weight = 0
        shrink()
    }

    private mutating func shrink() {
        guard let share else { return }
        if bytes > BodyBudget.free { share.shrink(to: bytes) } else { self.share = nil }
    }
}
