import ArgumentParser
import ManagementAPI
import SlipwayClient

struct SpaceList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List the server's spaces.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let spaces = try await allItems { page in try await session.client.spaces(after: page) }
            if session.format == .json { return try session.printJSON(spaces) }
            session.print(
                Table(
                    columns: [
                        .init(title: "SPACE", mayShrink: true), .init(title: "MODELS", isNumber: true),
                        .init(title: "ENDPOINTS", isNumber: true), .init(title: "DEMANDS"), .init(title: "SINCE"),
                    ],
                    rows: spaces.map { space in
                        [
                            space.name, String(space.models), String(space.deployments),
                            SpaceText.demand(space.policy), Age.text(space.createdAt),
                        ]
                    }))
        }
    }
}
