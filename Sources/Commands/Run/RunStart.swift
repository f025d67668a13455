import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RunStart: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "start", abstract: "Begin a run of a repository, or of the commit of an earlier run.",
        discussion: """
              slipway run start churn
              slipway run start churn --ref release/2 --follow
              slipway run start --repeat 7
            """)

    @Argument(help: "The repository's name.")
    var repository: String?

    @Option(help: "A branch, a tag or a whole commit (default: the repository's branch).")
    var ref: String?

    @Option(name: .customLong("repeat"), help: ArgumentHelp("The run whose commit is run again.", valueName: "run"))
    var repeated: RunNumber?

    @Option(help: "Why, for the record.")
    var reason: String?

    @Flag(help: "Wait until it ends or waits for people; the exit code is 1 where it failed or was blocked.")
    var follow = false

    @OptionGroup var global: GlobalOptions

    mutating func validate() throws {
        guard (repository == nil) != (repeated == nil) else {
            throw ValidationError("name a repository, or the run to --repeat")
        }
        guard repeated == nil || ref == nil else { throw ValidationError("--repeat is of the same commit: no --ref") }
    }

    func run() async throws {
        try await Session.run(global) { session in
            var info: GitRunInfo
            if let repeated {
                info = try await session.client.repeatGitRun(repeated.number)
            } else {
                info = try await session.client.startGitRun(of: repository ?? "", ref: ref, reason: reason)
            }
            if follow { info = try await RunText.follow(info, session) }
            if session.format == .json {
                try session.printJSON(info)
            } else if follow {
                RunText.print(info, session)
            } else {
                session.console.print("run \(info.run) of \(info.repository) at \(info.ref) is \(info.state.rawValue)")
                session.console.print("next: slipway run show \(info.run)\(session.flags)")
            }
            if follow, ![.succeeded, .waiting].contains(info.state) { throw ExitCode(1) }
        }
    }
}
