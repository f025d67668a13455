import ArgumentParser
import ManagementAPI
import SlipwayClient

struct ModelList: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "List the models of the space.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            let models = try await allItems { page in try await session.client.models(after: page) }
            if session.format == .json { return try session.printJSON(models) }
            guard !models.isEmpty else {
                session.console.say("no models in space \(session.space) yet")
                session.console.say("next: slipway model push FILE.onnx --name NAME\(session.flags)")
                return
            }
            session.print(Self.table(models))
        }
    }

    static func table(_ models: [ModelInfo]) -> Table {
        Table(
            columns: [
                .init(title: "MODEL", mayShrink: true), .init(title: "LATEST", isNumber: true),
                .init(title: "SIZE", isNumber: true), .init(title: "SERVED AT", mayShrink: true),
                .init(title: "METRICS", mayShrink: true), .init(title: "PUSHED"),
            ],
            rows: models.map { model in
                [
                    model.name, String(model.latestVersion), NumberText.bytes(model.latestSize),
                    model.deployed.isEmpty ? "-" : model.deployed.joined(separator: ", "),
                    SignatureText.metrics(model.metrics, most: 2), Age.text(model.updatedAt),
                ]
            })
    }
}
