/// How commands are started on this machine.
package struct CommandSettings: Sendable {
    /// Whether they are at all.
    package var isAllowed: Bool
    /// Where a command finds the server.
    package var server: String
    /// What every command's environment begins with.
    package var environment: [String: String]
    /// The program of the guard, and what comes before its own arguments.
    package var program: String
    package var programArguments: [String]

    package init(
        isAllowed: Bool, server: String, environment: [String: String], program: String = "/proc/self/exe",
        programArguments: [String] = [RunGuard.subcommand]
    ) {
        self.isAllowed = isAllowed
        self.server = server
        self.environment = environment
        self.program = program
        self.programArguments = programArguments
    }

    /// What is passed on of the server's own environment.
    package static let inherited = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "LD_LIBRARY_PATH"]
}
