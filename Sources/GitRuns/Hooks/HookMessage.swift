import Crypto
import Journal

/// A message as it came, of which nothing is believed yet.
package struct HookMessage: Sendable {
    /// `X-Hub-Signature-256`
    package var signature: String?
    /// `X-GitHub-Event`
    package var event: String?
    /// `X-GitHub-Delivery`
    package var delivery: String?
    package var body: [UInt8]

    package init(signature: String?, event: String?, delivery: String?, body: [UInt8]) {
        self.signature = signature
        self.event = event
        self.delivery = delivery
        self.body = body
    }

    /// Of the body alone: it is all that is signed. 64 hexadecimal digits.
    var digest: String { SHA256.hash(data: body).hexadecimal }

    /// Throws `invalid` for an id that is not up to 128 visible ASCII characters.
    func deliveryID() throws(ControlError) -> String? {
        guard let delivery else { return nil }
        guard !delivery.isEmpty, delivery.utf8.count <= 128, delivery.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ControlError(
                .invalid, "'X-GitHub-Delivery' is '\(Name.excerpt(of: delivery))'", field: "X-GitHub-Delivery",
                hint: "1 to 128 visible ASCII characters without spaces, for example a UUID")
        }
        return delivery
    }
}

/// What a message came to.
package struct HookAnswer: Sendable, Hashable, Codable {
    package enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
        /// A run was put into the queue.
        case started
        /// Nothing was to be done.
        case ignored
        /// The answer to GitHub's `ping`.
        case pong
    }

    package var outcome: Outcome
    /// A sentence.
    package var message: String
    /// The run that was started.
    package var run: Int?

    package init(_ outcome: Outcome, _ message: String, run: Int? = nil) {
        self.outcome = outcome
        self.message = message
        self.run = run
    }
}
