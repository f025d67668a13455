import ArgumentParser

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The command line: parses, runs, and turns what went wrong into a message and an exit code.
package enum CommandLineTool {
    /// - Parameter arguments: without the name of the program.
    package static func main(_ arguments: [String]) async -> Never {
        do {
            var command = try Slipway.parseAsRoot(arguments)
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
            exit(EXIT_SUCCESS)
        } catch let failure as Failure {
            let console = Console.standard
            console.complain(failure.text(emphasis: console.errorEmphasis))
            exit(failure.code.rawValue)
        } catch {
            Slipway.exit(withError: error)
        }
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
        subcommands: [
            ModelCommand.self, Deploy.self, DeploymentCommand.self, Predict.self, Status.self, Doctor.self,
            VersionCommand.self,
        ])
}
