import ArgumentParser
import ManagementAPI
import SlipwayClient

struct Status: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "One screen: the server, its spaces and what serves in them.",
        discussion: "Shows all spaces, or the one that --space names.")

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        try await Session.run(global) { session in
            var report = try await session.client.status()
            if let only = global.space {
                let names = report.spaces.map(\.name)
                guard names.contains(only) else {
                    throw Failure(
                        "there is no space '\(only)'",
                        hint: Suggestion.hint(for: only, among: names, plural: "spaces", whenNone: ""))
                }
                report.spaces.removeAll { $0.name != only }
                report.deployments.removeAll { $0.space != only }
                report.alerts?.removeAll { $0.space != only }
            }
            if session.format == .json { return try session.printJSON(report) }
            let console = session.console
            for line in Self.header(
                report, server: session.client.server, width: console.width, emphasis: console.emphasis)
            {
                console.print(line)
            }
            for space in report.spaces {
                console.print()
                let deployments = report.deployments.filter { $0.space == space.name }
                console.print(Self.title(space, emphasis: console.emphasis))
                if !deployments.isEmpty { session.print(DeploymentText.table(deployments)) }
            }
            if let alerts = report.alerts, !alerts.isEmpty {
                console.print()
                console.print(console.emphasis.strong("alerts that fire") + ": slipway alert show ALERT says more")
                session.print(AlertText.table(alerts, withSpace: report.spaces.count > 1))
            }
            for trouble in DeploymentText.troubles(report.deployments) { console.say(trouble) }
            if report.deployments.isEmpty { console.print("\nnext: slipway deploy NAME\(session.flags)") }
        }
    }

    static func header(_ report: StatusReport, server: String, width: Int?, emphasis: Emphasis) -> [String] {
        let info = report.server
        var facts = Facts()
        facts.add("up", NumberText.duration(seconds: info.uptimeSeconds))
        facts.add(
            "data",
            "\(info.dataFolder) (\(NumberText.bytes(report.blobBytes)) stored, "
                + "\(NumberText.bytes(report.freeBytes)) free)")
        facts.add("runtimes", StatusText.runtimes(info.runtimes))
        return [emphasis.strong("Slipway \(info.version)") + " at \(server)"]
            + facts.lines(width: width, emphasis: emphasis)
    }

    private static func title(_ space: SpaceInfo, emphasis: Emphasis) -> String {
        func count(_ number: Int, _ what: String) -> String { "\(number) \(what)\(number == 1 ? "" : "s")" }
        return emphasis.strong("space \(space.name)")
            + ": \(count(space.models, "model")), \(count(space.deployments, "endpoint"))"
    }
}

enum StatusText {
    /// The runtimes a server has loaded: by their own names, where versions carry one.
    static func runtimes(_ runtimes: [String: String]) -> String {
        guard !runtimes.isEmpty else { return "none loaded yet: that happens with the first model" }
        return runtimes.sorted { $0.key < $1.key }
            .map { $0.value.first?.isNumber == true ? "\($0.key) \($0.value)" : $0.value }.joined(separator: ", ")
    }
}
