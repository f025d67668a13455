import ArgumentParser

struct RolloutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollout", abstract: "Move an endpoint to another version step by step, and watch it do so.",
        subcommands: [
            RolloutStart.self, RolloutStatus.self, RolloutList.self, RolloutPause.self, RolloutResume.self,
            RolloutPromote.self, RolloutAbort.self, RolloutApprove.self, RolloutReject.self, RolloutReport.self,
            RolloutSampleSize.self,
        ])
}

/// Which rollout a decision is about.
struct RolloutChoice: ParsableArguments {
    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(
        name: .customLong("rollout"),
        help: ArgumentHelp("Only if this is the rollout that is open.", valueName: "number"))
    var number: Int?
}
