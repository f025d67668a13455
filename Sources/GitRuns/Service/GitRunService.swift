package import Journal
package import Processes
import Synchronization

/// What the server's configuration says about runs from Git.
package struct GitSettings: Sendable, Hashable {
    /// Beginnings of addresses that may be cloned; none unless somebody names some.
    package var allow: [String]
    /// Environment that the clone gets beside its own: proxies and authorities.
    package var environment: [String: String]

    package init(allow: [String], environment: [String: String] = [:]) {
        self.allow = allow
        self.environment = environment
    }

    /// What is passed on to the clone, and to nothing else.
    package static let inherited = [
        "https_proxy", "HTTPS_PROXY", "no_proxy", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR", "GIT_SSL_CAINFO",
    ]
}

/// Runs from Git: repositories, and the runs of their commits, begun, carried out and followed to their end.
///
/// Every change of a run is one unit of work that leaves a state that the next server can go on from: whatever is found
/// under way without anybody who carries it out is begun again, or taken up.
package final class GitRunService: Sendable {
    /// Runs that work at once on this server; those that wait for people do not count.
    package static let runsAtOnce = 2

    let store: GitRunUnitOfWork
    let folders: GitRunFolder
    let delivery: any GitRunDelivery
    let commands: CommandSettings
    let settings: GitSettings
    let clock: any WallClock
    let publish: @Sendable () async throws(ControlError) -> Void
    /// Called with what went wrong in the loop, which goes on.
    let report: @Sendable (_ what: String, _ error: ControlError) -> Void

    let active = Mutex<[Int: ActiveRun]>([:])
    /// Who asked for the end of a run that is being carried out, in words.
    let cancelled = Mutex<[Int: (words: String, principal: Principal)]>([:])
    /// The generation at which each waiting run was looked at last.
    let looked = Mutex<[Int: Int]>([:])
    /// Why a queued run is not begun.
    let notes = Mutex<[Int: String]>([:])
    let loop = Mutex<Task<Void, Never>?>(nil)
    let isStopping = Mutex(false)
    /// Whether there is something to do before the second is over.
    let isNudged = Mutex(false)
    let threads = BlockingThreads(name: "slipway.git.run", width: runsAtOnce)
    let diskThreads = BlockingThreads(name: "slipway.git.disk", width: 1)

    /// - Parameters:
    ///   - publish: brings a generation that was made to the data plane.
    package init(
        store: GitRunUnitOfWork, folders: GitRunFolder, delivery: any GitRunDelivery, commands: CommandSettings,
        settings: GitSettings, clock: any WallClock, publish: @escaping @Sendable () async throws(ControlError) -> Void,
        report: @escaping @Sendable (String, ControlError) -> Void = { _, _ in }
    ) {
        self.store = store
        self.folders = folders
        self.delivery = delivery
        self.commands = commands
        self.settings = settings
        self.clock = clock
        self.publish = publish
        self.report = report
    }

    /// Throws `refused`, with what to add, on a server that starts no commands.
    func requireCommands() throws(ControlError) {
        guard !commands.isAllowed else { return }
        throw ControlError(
            .refused, "this server starts no commands, and a run from Git is commands", field: nil,
            hint: "start it with `slipway serve --allow-commands`")
    }

    /// Where people see a run.
    func address(_ run: GitRun) -> String { "\(commands.server)/api/v1/spaces/\(run.space)/runs/\(run.number)" }
}

/// A run that is being carried out, or looked after.
struct ActiveRun: Sendable {
    let space: String
    /// Whether it counts among those that work at once.
    let works: Bool
    var process: RunProcess?
    var task: Task<Void, Never>?
}
