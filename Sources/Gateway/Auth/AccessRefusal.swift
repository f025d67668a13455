package import Identity
package import Journal

/// Why a request goes no further than the door.
package enum AccessRefusal: Error, Sendable {
    /// Nobody knows the caller, they may not do it, or what they ask for is not there for them.
    case control(ControlError)
    /// Too many of the caller's credentials were wrong.
    case guessing(retryAfterSeconds: Int)
    /// A limit of the caller's key.
    case quota(QuotaRefusal)

    static func unauthenticated(_ message: String) -> AccessRefusal {
        .control(
            ControlError(
                .unauthenticated, message, field: "authorization",
                hint: "send a key or a token as 'Authorization: Bearer ...'; the command line remembers one: "
                    + "`slipway login`"))
    }
}

extension HTTPFault {
    init(_ refusal: AccessRefusal) {
        switch refusal {
        case .control(let error):
            self.init(error)
            if error.code == .unauthenticated { fields = [("www-authenticate", "Bearer realm=\"slipway\"")] }
        case .guessing(let seconds):
            self.init(
                .tooManyRequests, AccessRefusal.guessingMessage, fields: [("retry-after", String(seconds))])
        case .quota(let quota):
            self.init(.tooManyRequests, quota.message, fields: [("retry-after", String(quota.retryAfterSeconds))])
            self.quota = quota.state
        }
    }
}

extension AccessRefusal {
    package static let guessingMessage =
        "too many wrong keys came from this address: further ones are not looked at for a while"
}
