import ArgumentParser

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Push, list and show models.",
        subcommands: [ModelPush.self, ModelList.self, ModelShow.self])
}
