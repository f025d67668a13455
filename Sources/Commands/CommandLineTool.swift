import ArgumentParser
import Dispatch
import ManagementAPI

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command line: parses, runs, and turns what went wrong into a message and an exit code.
package enum CommandLineTool {
    /// - Parameter arguments: without the name of the program.
    package static func main(_ arguments: [String]) -> Never {
        do {
            var command = try Slipway.parseAsRoot(arguments)
            guard let asynchronous = command as? any AsyncParsableCommand else {
                try command.run()
                exit(EXIT_SUCCESS)
            }
            run(asynchronous)
        } catch {
            end(error)
        }
    }

    /// Only here do threads come into being: `serve` runs without them.
    private static func run(_ command: any AsyncParsableCommand) -> Never {
        let boxed = UncheckedBox(command)
        Task {
            do {
                try await boxed.value.run()
                exit(EXIT_SUCCESS)
            } catch {
                end(error)
            }
        }
        dispatchMain()
    }

    private static func end(_ error: any Error) -> Never {
        if let failure = error as? Failure {
            let console = Console.standard
            console.complain(failure.text(emphasis: console.errorEmphasis))
            exit(failure.code.rawValue)
        }
        Slipway.exit(withError: error)
    }
}

/// Hands a command to the one task that runs it.
private final class UncheckedBox: @unchecked Sendable {
    var value: any AsyncParsableCommand

    init(_ value: any AsyncParsableCommand) {
        self.value = value
    }
}

struct Slipway: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "slipway",
        abstract: "Takes trained models to production and keeps them healthy there.",
        discussion: """
            From a model file to answers:

              slipway model push churn.onnx --name churn
              slipway deploy churn
              slipway predict churn --file customers.csv

            Exit codes: 0 done, 1 refused or failed, 64 wrong usage, 69 server unreachable, 78 configuration.
            """,
        version: "slipway \(Release.version)",
        subcommands: [
            Serve.self, ModelCommand.self, Deploy.self, DeploymentCommand.self, SpaceCommand.self, DataSetCommand.self,
            RolloutCommand.self, Rollback.self, Promote.self, PromotionCommand.self, Why.self, MemberCommand.self,
            KeyCommand.self, Login.self,
            Apply.self, Diff.self, ExportState.self,
            Predict.self, Status.self, MonitorCommand.self, FeedbackCommand.self, AlertCommand.self,
            WebhookCommand.self, RetrainingCommand.self, RepositoryCommand.self, RunCommand.self, AuditCommand.self,
            Backup.self, Restore.self, Doctor.self,
            CICommand.self, VersionCommand.self,
        ])
}
