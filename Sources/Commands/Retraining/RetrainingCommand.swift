import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

struct RetrainingCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retraining", abstract: "See and start what trains a model again.",
        discussion: """
            Rules stand in an endpoint's monitor, in the section 'retraining': slipway monitor set.
            """,
        subcommands: [
            RetrainingRules.self, RetrainingList.self, RetrainingShow.self, RetrainingLog.self, RetrainingStart.self,
            RetrainingCancel.self, RetrainingReportCommand.self,
        ])
}

/// What the environment says of the run that this command is a part of.
enum RetrainingEnvironment {
    /// `SLIPWAY_RUN`; `nil` outside of runs.
    static var run: Int? { ProcessInfo.processInfo.environment["SLIPWAY_RUN"].flatMap { Int($0) } }
}

/// The number of a run: `7`.
struct RunNumber: ExpressibleByArgument {
    let number: Int

    init?(argument: String) {
        guard let number = Int(argument), number > 0 else { return nil }
        self.number = number
    }
}
