import Deployments
import Foundation
import GitRuns
import Governance
import Journal
import Logging
import Processes
import Registry
import Store

/// Runs from Git, wired.
struct GitRunners {
    let configuration: ServerConfiguration
    let store: Store
    let commands: CommandSettings
    let logger: Logger

    func service(
        registry: RegistryService, dataSets: DataSetService, promotions: PromotionService,
        deployments: DeploymentService, rollouts: RolloutService, publisher: Publisher, clock: any WallClock
    ) -> GitRunService {
        let logger = logger
        return GitRunService(
            store: store.gitRuns, folders: GitRunFolder(root: store.path + "/git-runs"),
            delivery: GitDelivery(
                registry: registry, dataSets: dataSets, blobs: store.blobs, promotions: promotions,
                deployments: deployments, rollouts: rollouts),
            commands: commands, settings: settings, clock: clock,
            publish: { () async throws(ControlError) in try await publisher.publish() },
            report: { what, error in
                logger.error(
                    "runs from Git met with a problem; the next second tries again",
                    metadata: ["problem": "\(what)", "error.message": "\(error.message)"])
            })
    }

    private var settings: GitSettings {
        let own = ProcessInfo.processInfo.environment
        var environment: [String: String] = [:]
        for name in GitSettings.inherited { environment[name] = own[name] }
        return GitSettings(allow: configuration.gitAllowed, environment: environment)
    }
}

extension ServerConfiguration {
    /// Beginnings of addresses that runs may clone.
    var gitAllowed: [String] { gitAllow.map { GitAddress.prefixes(in: $0) } ?? [] }

    /// An entry that nothing can begin with would let nothing, in silence.
    func validateGit() throws(ConfigurationError) {
        for entry in gitAllowed {
            let isWhole = entry == "https://" || entry == "file:///"
            if !isWhole, (try? GitAddress(entry.hasSuffix("/") ? String(entry.dropLast()) + "/x" : entry + "/x")) == nil
            {
                throw ConfigurationError(
                    field: "git_allow",
                    message: "git_allow has '\(entry)', which no address begins with: write https://HOST/PATH or "
                        + "file:///PATH, with commas between several")
            }
        }
    }
}
