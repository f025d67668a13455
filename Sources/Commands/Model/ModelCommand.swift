import ArgumentParser

struct ModelCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "model", abstract: "Push, list, show and delete models.",
        subcommands: [ModelPush.self, ModelList.self, ModelShow.self, ModelDelete.self])
}
