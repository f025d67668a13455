import ArgumentParser
import SlipwayClient

struct Backup: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Write a backup of everything that the server keeps, while it goes on serving.",
        discussion: """
            The file is a tar archive. It holds the server's audit key: keep it as safe as the data folder itself. It \
            comes into being whole or not at all; `slipway restore` makes a data folder out of it.
            """)

    @Argument(help: "The file to write; what is there is replaced once all has come.")
    var file: String

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    struct Report: Encodable {
        var file: String
        var bytes: Int
    }

    func run() async throws {
        try await Session.run(global) { session in
            let meter = ProgressMeter(console: session.console)
            let result: Result<Int, ClientError>
            do throws(ClientError) {
                result = .success(
                    try await session.client.backup(to: file) { meter?.show(receiving: $0, of: $1) })
            } catch {
                result = .failure(error)
            }
            meter?.clear()
            let bytes = try result.get()
            if session.format == .json { return try session.printJSON(Report(file: file, bytes: bytes)) }
            session.console.print("backup written to \(file): \(NumberText.bytes(bytes))")
            session.console.say("it holds the server's audit key: keep it where only its owner can read it")
        }
    }
}
