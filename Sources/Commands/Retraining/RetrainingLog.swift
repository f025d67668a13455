import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RetrainingLog: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "log", abstract: "Print the end of what a run's command has written.")

    @Argument(help: "The run's number.")
    var run: RunNumber

    @Option(help: ArgumentHelp("As many bytes of its end (default: 65536).", valueName: "n"))
    var bytes: Int?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let log = try await session.client.retrainingLog(of: run.number, bytes: bytes)
            if session.format == .json { return try session.printJSON(log) }
            let left = log.bytes - log.text.utf8.count
            if left > 0 { session.console.say("\(NumberText.bytes(left)) before this are left out") }
            session.console.print(bytes: Array(log.text.utf8))
        }
    }
}
