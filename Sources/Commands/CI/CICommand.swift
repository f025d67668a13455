import ArgumentParser

struct CICommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ci", abstract: "Take models from a repository to production with a CI of your own.",
        subcommands: [CIInit.self])
}
