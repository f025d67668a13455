package import Journal
package import Processes
import Synchronization

/// Retraining: rules watched once a second, runs begun, watched and ended, and what they push followed up.
///
/// Every change of a run is one unit of work that leaves a state of rest; what then has to be carried out is begun after the
/// commit, and by `resume` after a crash.
package final class RetrainingService: Sendable {
    /// Commands that run at once on this server; more wait in a queue.
    package static let commandsAtOnce = 2

    let store: RetrainingUnitOfWork
    let folders: RunFolder
    let outside: RetrainingSurroundings
    let commands: CommandSettings
    let clock: any WallClock
    let publish: @Sendable () async throws(ControlError) -> Void
    /// Called with what went wrong in the loop, which goes on.
    let report: @Sendable (_ what: String, _ error: ControlError) -> Void

    let watched = Mutex<[EndpointPlace: [WatchedRule]]>([:])
    let running = Mutex<[Int: RunningCommand]>([:])
    let loop = Mutex<Task<Void, Never>?>(nil)
    let isStopping = Mutex(false)
    /// Who asked for the end of a command that has not ended yet, in words.
    let cancelled = Mutex<[Int: (String, Principal)]>([:])
    /// One decision about a run at a time.
    let turns = Turns()
    let threads = BlockingThreads(name: "slipway.retraining.run", width: commandsAtOnce)
    let diskThreads = BlockingThreads(name: "slipway.retraining.disk", width: 1)

    /// - Parameters:
    ///   - publish: brings a generation that was made to the data plane.
    package init(
        store: RetrainingUnitOfWork, folders: RunFolder, outside: RetrainingSurroundings, commands: CommandSettings,
        clock: any WallClock, publish: @escaping @Sendable () async throws(ControlError) -> Void,
        report: @escaping @Sendable (String, ControlError) -> Void = { _, _ in }
    ) {
        self.store = store
        self.folders = folders
        self.outside = outside
        self.commands = commands
        self.clock = clock
        self.publish = publish
        self.report = report
    }

    var now: Timestamp { Timestamp(microseconds: clock.now) }

    /// Throws `refused` for rules that this server does not carry out, and `invalid` for a rollout that is none: asked
    /// before rules are stored.
    package func check(_ settings: RetrainingSettings, at path: String = "retraining") throws(ControlError) {
        for (index, rule) in settings.rules.enumerated() {
            let place = "\(path)[\(index)]"
            guard commands.isAllowed || !rule.needsCommands else { throw Self.notAllowed(field: place) }
            if case .webhook(let url) = rule.action {
                guard let webhooks = outside.webhooks else {
                    throw ControlError(
                        .refused, "this server sends no webhooks", field: "\(place).webhook", hint: "use a command")
                }
                do { try webhooks.check(url: url) } catch {
                    throw ControlError(error.code, error.message, field: "\(place).webhook", hint: error.hint)
                }
            }
            guard let rollout = rule.then?.rollout else { continue }
            do {
                try outside.following.check(rollout: rollout)
            } catch {
                throw ControlError(
                    error.code, error.message, field: "\(place).then.rollout" + (error.field.map { ".\($0)" } ?? ""),
                    hint: error.hint)
            }
        }
    }

    static func notAllowed(field: String?) -> ControlError {
        ControlError(
            .refused, "this server starts no commands and looks into no folders", field: field,
            hint: "start it with `slipway serve --allow-commands`, or use a webhook")
    }

    /// Makes these the rules of an endpoint, from now on. What they have seen so far is taken up. Returns at once.
    package func configure(space: String, endpoint: String, _ settings: RetrainingSettings) {
        let now = now
        let rules = settings.rules.map { WatchedRule(watch: RuleWatch($0, memory: nil, now: now)) }
        watched.withLock { $0[EndpointPlace(space: space, endpoint: endpoint)] = rules.isEmpty ? nil : rules }
    }

    /// Forgets the space: its rules are watched no more, its runs end.
    package func remove(space: String) {
        watched.withLock { watched in watched = watched.filter { $0.key.space != space } }
        let processes = running.withLock { $0.values.filter { $0.space == space } }
        for command in processes { command.process.cancel() }
    }
}

/// Where a rule belongs.
struct EndpointPlace: Sendable, Hashable {
    let space: String
    let endpoint: String
}

/// A rule that is watched, with what keeps it from running.
struct WatchedRule: Sendable {
    var watch: RuleWatch
    /// Whether what is stored was taken up.
    var isLoaded = false
    /// What is stored of the watch's memory.
    var saved: RuleMemory?
    /// Why no run is begun although there is a cause, or what is wrong.
    var note = ""
}

/// A command that runs, or is about to.
struct RunningCommand: Sendable {
    let space: String
    let process: RunProcess
    let task: Task<Void, Never>
}
