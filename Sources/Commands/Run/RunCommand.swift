import ArgumentParser

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Begin, see and end runs from Git: one commit, from its clone to production.",
        subcommands: [RunStart.self, RunList.self, RunShow.self, RunCancel.self])
}
