import ArgumentParser

struct MonitorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "monitor", abstract: "See what was asked of an endpoint and what it answered.",
        subcommands: [
            MonitorShow.self, MonitorDrift.self, MonitorExport.self, MonitorForget.self, MonitorQuality.self,
            MonitorSet.self,
            MonitorSpec.self,
            MonitorReplay.self,
        ])
}
