import ArgumentParser
import Server

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// What this binary is started as: a process of the server, or a command.
///
/// The server's own processes are told apart before anything else runs, so that they start at once and have no thread
/// that could take a signal meant for another.
package enum EntryPoint {
    /// - Parameter arguments: without the name of the program.
    package static func main(_ arguments: [String]) -> Never {
        // Before any other thread exists: ONNX Runtime reads it once, in this process and in those that it starts.
        setenv("ORT_DISABLE_TELEMETRY", "1", 1)
        switch arguments.first {
        case ServerProcess.subcommand: exit(ServerProcess.runChild(arguments: Array(arguments.dropFirst())))
        case ServerProcess.checkerSubcommand: exit(ServerProcess.runChecker(arguments: Array(arguments.dropFirst())))
        case ServerProcess.workerSubcommand: exit(ServerProcess.runWorker(arguments: Array(arguments.dropFirst())))
        case ServerProcess.guardSubcommand: exit(ServerProcess.runGuard(arguments: Array(arguments.dropFirst())))
        default: CommandLineTool.main(arguments)
        }
    }
}
