import Alerts
import Deployments
import Foundation
import Governance
import Identity
import Journal
import Logging
import ManagementGateway
import Monitoring
import Processes
import Quality
import Retraining
import Store

/// Retraining, wired.
struct Retrainers {
    private let configuration: ServerConfiguration
    private let store: Store
    private let sockets: ListeningSockets
    private let logger: Logger

    init(_ configuration: ServerConfiguration, store: Store, sockets: ListeningSockets, logger: Logger) {
        self.configuration = configuration
        self.store = store
        self.sockets = sockets
        self.logger = logger
    }

    func service(
        alerting: AlertServices, quality: QualityService, ledger: Ledger, promotions: PromotionService,
        rollouts: RolloutService, security: ServerAccess, publisher: Publisher, clock: any WallClock
    ) -> RetrainingService {
        let logger = logger
        return RetrainingService(
            store: store.retraining, folders: RunFolder(root: store.path + "/runs"),
            outside: RetrainingSurroundings(
                alerts: AlertsOfEndpoint(desk: alerting.desk), labelled: LabelledPredictions(quality: quality),
                written: LedgerRows(ledger: ledger),
                keys: RunKeyMaker(keys: security.keys, authority: security.authority),
                following: RunFollower(promotions: promotions, rollouts: rollouts),
                webhooks: RunWebhookSender(deliveries: alerting.deliveries)),
            commands: commands, clock: clock,
            publish: { () async throws(ControlError) in try await publisher.publish() },
            report: { what, error in
                logger.error(
                    "retraining met with a problem; the next second tries again",
                    metadata: ["problem": "\(what)", "error.message": "\(error.message)"])
            })
    }

    /// How commands are started: for runs from Git too.
    var commands: CommandSettings {
        let own = ProcessInfo.processInfo.environment
        var environment: [String: String] = [:]
        for name in CommandSettings.inherited { environment[name] = own[name] }
        // So that a script that says `slipway` finds this very one.
        if let program = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
            let folder = (program as NSString).deletingLastPathComponent
            environment["PATH"] = folder + (environment["PATH"].map { ":" + $0 } ?? "")
        }
        return CommandSettings(isAllowed: configuration.allowCommands, server: server, environment: environment)
    }

    /// How a process on this machine reaches the server.
    private var server: String {
        let scheme = configuration.tlsCertificate == nil ? "http" : "https"
        let anywhere = ["0.0.0.0", "::", "[::]"]
        var host = anywhere.contains(configuration.host) ? "127.0.0.1" : configuration.host
        if host.contains(":"), !host.hasPrefix("[") { host = "[\(host)]" }
        return "\(scheme)://\(host):\(sockets.http.port)"
    }
}
