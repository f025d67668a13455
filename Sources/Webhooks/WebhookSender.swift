package import AsyncHTTPClient
import Foundation
package import Journal
import NIOCore
import NIOHTTP1

/// What came of one attempt to deliver.
package struct DeliveryOutcome: Sendable, Hashable {
    package enum Verdict: Sendable, Hashable {
        case delivered
        /// Trying again may help.
        case retry
        /// It will not.
        case refused
    }

    package var verdict: Verdict
    /// In words; never anything of the answer's body.
    package var text: String
    /// The status of the answer, or the exit code of a command.
    package var status: Int?

    package init(_ verdict: Verdict, _ text: String, status: Int? = nil) {
        self.verdict = verdict
        self.text = text
        self.status = status
    }
}

/// Sends one event to one webhook, once.
///
/// The name is resolved here, once, the addresses are judged, and the connection goes to an address that was judged: what
/// the name means a moment later does not matter. Redirects are not followed, and of the answer only its status counts.
package struct WebhookSender: Sendable {
    /// Seconds that an attempt may take, from the name to the end of the answer.
    package static let limitSeconds = 10
    /// Bytes of an answer that are read before the connection is cut.
    private static let largestAnswer = 16 << 10

    private let policy: AddressPolicy
    private let secrets: WebhookSecrets
    private let resolver: any HostResolving
    private let clock: any WallClock
    private let base: HTTPClient.Configuration

    /// - Parameter configuration: of connections; whom to trust besides whom the system does.
    package init(
        policy: AddressPolicy, secrets: WebhookSecrets, resolver: any HostResolving = SystemResolver(),
        clock: any WallClock = SystemClock(), configuration: HTTPClient.Configuration = .init()
    ) {
        self.policy = policy
        self.secrets = secrets
        self.resolver = resolver
        self.clock = clock
        base = configuration
    }

    /// Throws `refused` where the address itself says that it would never be called; a name is judged at each attempt.
    func check(_ target: WebhookTarget) throws(ControlError) {
        guard let address = IPAddress(target.host), let kind = policy.refusal(of: address) else { return }
        throw ControlError(
            .refused, "the address \(address) is \(kind), and the server calls none of those", field: "url",
            hint: "whoever runs the server may allow it by the setting webhook_allow")
    }

    /// - Parameters:
    ///   - id: of the message, the same at each attempt.
    ///   - body: a CloudEvent as JSON.
    ///   - space: whose key signs where the target names no secret.
    package func send(_ body: String, id: String, to target: WebhookTarget, space: String) async -> DeliveryOutcome {
        let key: [UInt8]
        do { key = try secrets.key(named: target.secret, space: space) } catch {
            // A secret may still be put where it belongs.
            return DeliveryOutcome(.retry, error.description)
        }
        let found = await resolver.addresses(of: target.host)
        guard let first = found.first else {
            return DeliveryOutcome(.retry, "there is no address for the host \(target.host)")
        }
        guard let address = found.first(where: { policy.refusal(of: $0) == nil }) else {
            let kind = policy.refusal(of: first) ?? "special"
            return DeliveryOutcome(
                .refused,
                "the address \(first) of \(target.host) is \(kind), and the server calls none of those (setting webhook_allow)"
            )
        }
        var request = HTTPClientRequest(url: target.url)
        request.method = .POST
        request.headers.add(name: "content-type", value: CloudEvent.contentType)
        request.headers.add(name: "user-agent", value: "Slipway")
        let timestamp = clock.now / 1_000_000
        for field in WebhookSignature.headers(id: id, timestamp: timestamp, body: body, key: key) {
            request.headers.add(name: field.name, value: field.value)
        }
        request.body = .bytes(ByteBuffer(string: body))
        return await post(request, target, at: address)
    }

    private func post(
        _ request: HTTPClientRequest, _ target: WebhookTarget, at address: IPAddress
    ) async -> DeliveryOutcome {
        var configuration = base
        configuration.redirectConfiguration = .disallow
        // By the very text that the client finds the host by in the address.
        if IPAddress(target.host) == nil, let host = URL(string: target.url)?.host {
            configuration.dnsOverride = [host: address.description]
        }
        configuration.maximumUsesPerConnection = 1
        // Whoever sends decides when it is tried again.
        configuration.connectionPool.retryConnectionEstablishment = false
        let http = HTTPClient(eventLoopGroupProvider: .singleton, configuration: configuration)
        let outcome = await attempt(request, http)
        try? await http.shutdown()
        return outcome
    }

    private func attempt(_ request: HTTPClientRequest, _ http: HTTPClient) async -> DeliveryOutcome {
        do {
            let deadline = NIODeadline.now() + .seconds(Int64(Self.limitSeconds))
            let response = try await http.execute(request, deadline: deadline)
            let status = Int(response.status.code)
            // Read to its end so that the peer is not cut off in the middle of a short answer; what is longer is.
            _ = try? await response.body.collect(upTo: Self.largestAnswer)
            switch status {
            case 200..<300: return DeliveryOutcome(.delivered, "delivered", status: status)
            case 300..<400:
                return DeliveryOutcome(.retry, "it answered with a redirect, which is not followed", status: status)
            case 410: return DeliveryOutcome(.refused, "it wants no more messages", status: status)
            default: return DeliveryOutcome(.retry, "it answered with status \(status)", status: status)
            }
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .connectTimeout {
            return DeliveryOutcome(.retry, "it did not answer within \(Self.limitSeconds) s")
        } catch {
            let words = "\(error)"
            let isDistrust = ["CERTIFICATE_VERIFY_FAILED", "ostname"].contains(where: words.contains)
            return DeliveryOutcome(
                .retry,
                isDistrust
                    ? "its certificate is of another host, or of nobody that is trusted (setting webhook_ca_cert)"
                    : "it cannot be reached")
        }
    }
}
