import ArgumentParser
import ManagementAPI
import SlipwayClient

struct AuditExport: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the whole audit trail and its signed head into a file, one JSON line for each event.")

    @Argument(help: "The file to write; what is there is replaced once all has come.")
    var file: String

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    struct Report: Encodable {
        var file: String
        var events: Int
        var head: AuditHeadInfo
    }

    func run() async throws {
        try await Session.run(global) { session in
            let head = try await session.client.exportAudit(to: file)
            if session.format == .json {
                return try session.printJSON(Report(file: file, events: head.sequence, head: head))
            }
            session.console.print("\(head.sequence) events written to \(file), signed with key \(head.key)")
            session.console.say("verify it anywhere: slipway audit verify --file \(file) --key \(head.key)")
        }
    }
}
