import ArgumentParser
import ManagementAPI
import SlipwayClient

struct Doctor: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Check what is installed, found, reachable and intact, and say what to do about the rest.",
        discussion: "Exit code 1 when something does not work.")

    @Flag(help: "Hash every stored file again and check the database and the audit chain.")
    var verify = false

    @Flag(help: "Have the server remove stored files that nothing refers to any more.")
    var collect = false

    @Option(help: ArgumentHelp("The data folder to look at; the running server's own unless given.", valueName: "dir"))
    var dataDir: String?

    @OptionGroup var global: GlobalOptions

    /// What `--output json` prints.
    struct Report: Encodable {
        var healthy: Bool
        var findings: [Finding]
    }

    func run() async throws {
        try await Session.run(global) { session in
            var findings = [Finding.ok("slipway", "version \(Release.version)")]
            let isLocal = ServerCheck.isLocal(session.client.server)
            if isLocal { findings.append(LocalCheck.runtime()) }
            let (server, found) = await ServerCheck.findings(session.client)
            findings += found
            if let folder = dataDir ?? (isLocal ? server?.dataFolder : nil) {
                findings += FolderCheck.findings(folder, mustExist: dataDir != nil)
            }
            if collect { findings.append(await ServerCheck.collect(session.client)) }
            if verify { findings.append(await verify(session.client, server)) }
            let healthy = !findings.contains { $0.verdict == .problem }
            switch session.format {
            case .json: try session.printJSON(Report(healthy: healthy, findings: findings))
            case .table:
                for line in findings.flatMap({ $0.lines(emphasis: session.console.emphasis) }) {
                    session.console.print(line)
                }
            }
            if !healthy {
                let count = findings.count { $0.verdict == .problem }
                throw Failure("\(count) problem\(count == 1 ? "" : "s") found", hint: "see what to do above")
            }
        }
    }
    /// Through the server, whose folder no one else may open meanwhile; without one, the folder that was named.
    private func verify(_ client: SlipwayClient, _ server: ServerInfo?) async -> Finding {
        if let dataDir, server == nil || server?.dataFolder != dataDir { return await LocalCheck.verify(dataDir) }
        if server != nil { return await ServerCheck.verify(client) }
        return .problem(
            "stored files", "not checked: no server answers and no folder is named",
            "start the server, or name its folder: slipway doctor --verify --data-dir DIR")
    }
}
