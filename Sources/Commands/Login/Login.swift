import ArgumentParser
import ManagementAPI
import SlipwayClient

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

struct Login: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Remember a key or token for a server.",
        discussion: """
            It is asked for, or read from standard input, or given with --token; checked with
            the server; and stored in a file that only you may read. Commands send it to that
            server where neither --token nor SLIPWAY_TOKEN says another.

              slipway login --server https://models.example.com
              echo "$KEY" | slipway login
              slipway login --forget
            """)

    @Flag(help: "Forget what is remembered for the server.")
    var forget = false

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    struct Report: Encodable {
        var server: String
        var principal: String?
        var file: String
    }

    func run() async throws {
        let settings = global.settings()
        guard let file = CredentialFile(environment: ProcessInfo.processInfo.environment) else {
            throw Failure("there is no home folder to remember it in", hint: "set HOME", code: .configuration)
        }
        if forget {
            try file.store(nil, for: settings.server)
            return try report(Report(server: settings.server, file: file.path), "forgot the key of \(settings.server)")
        }
        let token = try settings.token ?? Self.ask()
        var options = global
        options.token = token
        try await Session.run(options) { session in
            let me = try await session.client.me()
            try file.store(token, for: settings.server)
            let what = Report(server: settings.server, principal: me.principal, file: file.path)
            try report(what, "you are \(me.principal) at \(settings.server); remembered in \(file.path)")
        }
    }

    private func report(_ report: Report, _ text: String) throws {
        guard global.output == .json else { return Console.standard.print(text) }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        Console.standard.print(bytes: Array(try encoder.encode(report)) + [UInt8(ascii: "\n")])
    }

    /// Reads a line; a terminal does not show what is typed.
    private static func ask() throws(Failure) -> String {
        var before = termios()
        let isTerminal = tcgetattr(STDIN_FILENO, &before) == 0
        if isTerminal {
            Console.standard.say("key or token (not shown):")
            var silent = before
            silent.c_lflag &= ~tcflag_t(ECHO)
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent)
        }
        defer { if isTerminal { tcsetattr(STDIN_FILENO, TCSAFLUSH, &before) } }
        let line = (readLine() ?? "").filter { !$0.isWhitespace }
        guard !line.isEmpty else {
            throw Failure("no key came in", hint: "paste it, pipe it, or use --token KEY", code: .usage)
        }
        return line
    }
}
