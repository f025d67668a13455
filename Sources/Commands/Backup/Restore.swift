import ArgumentParser
import Server

struct Restore: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Make a data folder out of a backup, without a server.",
        discussion: """
            The folder must not be there yet, or be empty. Every file, the database and the audit chain are checked \
            first; a backup that is damaged leaves nothing behind.
            """)

    @Argument(help: "A file that `slipway backup` wrote.")
    var file: String

    @Option(help: ArgumentHelp("The data folder to make.", valueName: "dir"))
    var dataDir: String

    @Option(help: "How to print: a table for people, or JSON for programs.")
    var output: OutputFormat = .table

    func run() throws {
        let console = Console.standard
        let report: LocalRestore.Report
        do {
            report = try LocalRestore.run(file, to: dataDir)
        } catch {
            throw Failure(error.message, hint: error.advice)
        }
        switch output {
        case .json: try Session.printJSON(report, on: console)
        case .table:
            console.print("restored \(report.dataFolder) as it was \(Age.moment(report.backupFrom))")
            console.print(
                "  \(report.files) files of \(NumberText.bytes(report.bytes)) and \(report.auditEvents) audit events "
                    + "checked: intact")
            console.say("next: slipway serve --data-dir \(dataDir)")
        }
    }
}
