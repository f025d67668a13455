import ArgumentParser
import ManagementAPI

struct VersionCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version", abstract: "Print the version of this program; `doctor` prints the server's too.")

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    struct Report: Encodable {
        var version: String
    }

    func run() async throws {
        try await Session.run(global) { session in
            if session.format == .json { return try session.printJSON(Report(version: Release.version)) }
            session.console.print("slipway \(Release.version)")
        }
    }
}
