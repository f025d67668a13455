import ArgumentParser

struct FeedbackCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "feedback", abstract: "Tell the truth about predictions.", subcommands: [FeedbackSend.self])
}
