import Deployments
import Gateway
import Identity
import Journal
import Logging
import Store

/// Who may do what at this server, wired: what is stored, the snapshot that requests are asked against, and the door.
struct ServerAccess: Sendable {
    let authority: CallerAuthority
    let publisher: AccessPublisher
    let keys: KeyService
    let members: MemberService
    /// Asks the OpenID provider; `nil` where none is trusted.
    private let provider: Provider?
    /// The key that was made at this start; shown once.
    private let issued: IssuedKey?
    private let wasChosen: Bool

    /// Publishes what is stored, and hands a server over that asks callers who they are and has no owner yet.
    static func open(
        _ store: Store, _ configuration: ServerConfiguration, clock: any WallClock,
        logger: Logger
    ) async throws(ControlError) -> ServerAccess {
        let plane = AccessPlane(meters: KeyMeters(ledger: store.ledger, clock: clock), clock: clock)
        let publisher = AccessPublisher(store: store.access, plane: plane)
        let keys = KeyService(store: store.access, publisher: publisher)
        let isAsked: Bool
        if let auth = configuration.auth {
            isAsked = auth
        } else if configuration.provider != nil {
            isAsked = true
        } else {
            isAsked = try await keys.hasOwner()
        }
        let provider = isAsked ? configuration.provider.map { Provider($0, configuration, plane, logger) } : nil
        let issued = isAsked ? try await keys.handOver(anew: configuration.newOwnerKey) : nil
        try await publisher.publish()
        return ServerAccess(
            authority: CallerAuthority(
                plane, isOpen: !isAsked, tokens: provider?.verifier,
                failures: FailureLimiter(perMinute: configuration.authFailuresPerMinute)),
            publisher: publisher, keys: keys, members: MemberService(store: store.access, publisher: publisher),
            provider: provider, issued: issued, wasChosen: configuration.auth != nil || configuration.provider != nil)
    }

    /// For the terminal only, where the key is shown: it never goes to a log.
    var announcement: [String] {
        var lines = ["Callers must say who they are: --token KEY, SLIPWAY_TOKEN, or once `slipway login`."]
        if !wasChosen {
            lines.append("(The data folder was served with --auth before; --no-auth opens it.)")
        }
        if let issued {
            lines += [
                "", "The key of the server's owner '\(issued.key.principal)', shown this once:", "",
                "    " + issued.text, "",
                "Whoever has it may do everything. Keep it where you keep passwords.", "",
            ]
        }
        return lines
    }
}

extension ServerAccess {
    /// What asks an OpenID provider, and goes on asking for its keys.
    struct Provider: Sendable {
        let verifier: OpenIDVerifier
        private let client: ProviderClient
        private let refreshing: Task<Void, Never>

        init(_ settings: OpenIDSettings, _ configuration: ServerConfiguration, _ plane: AccessPlane, _ logger: Logger) {
            let client = ProviderClient(caCertificate: configuration.oidcCACertificate)
            let verifier = OpenIDVerifier(settings, documents: client, logger: logger) { plane.invalidate() }
            self.client = client
            self.verifier = verifier
            refreshing = Task {
                while !Task.isCancelled {
                    await verifier.refresh()
                    try? await Task.sleep(for: .seconds(60))
                }
            }
        }

        func close() async {
            refreshing.cancel()
            await client.close()
        }
    }

    /// At the end of the server.
    func close() async { await provider?.close() }
}
