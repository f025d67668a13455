import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RunShow: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show a run: its commit, its steps and what came of each.",
        discussion: """
              slipway run show 7 --follow
              slipway run show 7 --log validate
            """)

    @Argument(help: "The run's number.")
    var run: RunNumber

    @Option(help: ArgumentHelp("Print the end of what this step has written instead.", valueName: "step"))
    var log: String?

    @Option(help: ArgumentHelp("With --log: as many bytes of its end (default: 65536).", valueName: "n"))
    var bytes: Int?

    @Flag(help: "Wait until it ends or waits for people; the exit code is 1 where it failed or was blocked.")
    var follow = false

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            guard let log else {
                var info = try await session.client.gitRun(run.number)
                if follow { info = try await RunText.follow(info, session) }
                if session.format == .json { try session.printJSON(info) } else { RunText.print(info, session) }
                if follow, ![.succeeded, .waiting].contains(info.state) { throw ExitCode(1) }
                return
            }
            let info = try await session.client.gitRunLog(of: run.number, step: log, bytes: bytes)
            if session.format == .json { return try session.printJSON(info) }
            let left = info.bytes - info.text.utf8.count
            if left > 0 { session.console.say("\(NumberText.bytes(left)) before this are left out") }
            session.console.print(bytes: Array(info.text.utf8))
        }
    }
}
