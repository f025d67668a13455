import ArgumentParser

struct AuditCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "See what was done and who asked for it, prove it, and take it elsewhere.",
        subcommands: [AuditList.self, AuditVerify.self, AuditExport.self])
}
