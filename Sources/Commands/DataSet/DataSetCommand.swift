import ArgumentParser

struct DataSetCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dataset", abstract: "Push, list and show data sets, and read rules for gates out of them.",
        subcommands: [DataSetPush.self, DataSetList.self, DataSetShow.self, DataSetRules.self])
}
