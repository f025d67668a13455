import ArgumentParser
import ManagementAPI
import SlipwayClient

struct ModelDelete: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "delete", abstract: "Delete a version that nothing needs any more; its number never comes back.",
        discussion: """
            Refused while an endpoint serves the version or would roll back to it, while a promotion of it is under way, \
            and while another space has it. In a space that does not own the model it is only made unavailable there.
            """)

    @Argument(help: "NAME:VERSION.", transform: { try VersionReference.parse($0) })
    var model: VersionReference

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        guard let version = model.version else {
            throw Failure(
                "which version of \(model.name)?",
                hint: "name it: slipway model delete \(model.name):VERSION; `slipway model show` lists them",
                code: .usage)
        }
        try await Session.run(global) { session in
            let client = session.client
            let gone = try await session.naming(.model, model.name) {
                try await session.checkingVersion(version, of: model.name) {
                    try await client.deleteVersion(version, of: model.name)
                }
            }
            if session.format == .json { return try session.printJSON(gone) }
            session.console.print(
                gone.isGone
                    ? "\(gone.model):\(gone.version) is deleted"
                    : "\(gone.model):\(gone.version) is no longer available in space \(gone.space)")
        }
    }
}
