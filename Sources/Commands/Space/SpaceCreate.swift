import ArgumentParser
import ManagementAPI
import SlipwayClient

struct SpaceCreate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a space, which demands nothing yet.")

    @Argument(help: "The space's name.")
    var name: String

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let name = try ResourceName.check(name, "space name")
        try await Session.run(global) { session in
            let space = try await session.client.createSpace(name)
            if session.format == .json { return try session.printJSON(space) }
            session.console.print("made the space \(space.name)")
            session.console.print("next: slipway space set-policy \(space.name) --file policy.yaml")
        }
    }
}
