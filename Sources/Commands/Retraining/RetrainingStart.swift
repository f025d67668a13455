import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RetrainingStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Begin a run of a retraining rule, whatever the rule waits for.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(help: ArgumentHelp("The rule; may be left out where there is one.", valueName: "name"))
    var rule: String?

    @Option(help: "Why, for the record.")
    var reason: String?

    @Flag(help: "Wait for its end; the exit code is 1 unless it succeeded.")
    var follow = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            var info = try await session.naming(.endpoint, endpoint) {
                try await session.client.startRetraining(of: endpoint, rule: rule, reason: reason)
            }
            while follow, info.state == .queued || info.state == .running {
                try await Task.sleep(for: .milliseconds(500))
                info = try await session.client.retrainingRun(info.run)
            }
            if session.format == .json {
                try session.printJSON(info)
            } else {
                RetrainingText.print(info, session)
                if !follow {
                    session.console.print("next: slipway retraining log \(info.run)\(session.flags)")
                }
            }
            if follow, info.state != .succeeded { throw ExitCode(1) }
        }
    }
}
