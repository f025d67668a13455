import ArgumentParser
import ManagementAPI
import SlipwayClient

struct DeploymentHistory: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Show what an endpoint was told to be, newest first.")

    @Argument(help: "The endpoint's name.")
    var endpoint: String

    @Option(
        help: ArgumentHelp(
            "Only what was live then: 2026-03-01, 2026-03-01T14:03:00Z, or an age like 24h.", valueName: "moment"))
    var at: String?

    @OptionGroup var global: GlobalOptions

    func run() async throws {
        let moment = try Moment.utc(at, flag: "--at")
        try await Session.run(global) { session in
            if let moment { return try await printLive(at: moment, session) }
            let revisions = try await session.naming(.endpoint, endpoint) {
                try await allItems { page in try await session.client.revisions(of: endpoint, after: page) }
            }.sorted { $0.revision > $1.revision }
            if session.format == .json { return try session.printJSON(revisions) }
            session.print(Self.table(revisions))
        }
    }

    private func printLive(at moment: String, _ session: Session) async throws {
        let live = try await session.naming(.endpoint, endpoint) {
            try await session.client.live(endpoint, at: moment)
        }
        if session.format == .json { return try session.printJSON(live) }
        session.console.print("\(Age.moment(live.at)): \(live.message)")
        guard let revision = live.revision else { return }
        let reason = revision.reason.isEmpty ? "" : ": \(revision.reason)"
        session.console.print("  revision \(revision.revision) by \(revision.createdBy)\(reason)")
        if let evidence = Self.evidence(revision) { session.console.print("  \(evidence)") }
    }

    /// What led to a revision.
    static func evidence(_ revision: RevisionInfo) -> String? {
        let parts = [
            revision.equals.map { "equals revision \($0)" }, revision.rollout.map { "rollout \($0)" },
            revision.promotion.map { "promotion \($0)" }, revision.evidence.isEmpty ? nil : revision.evidence,
        ].compactMap { $0 }
        return parts.isEmpty ? nil : parts.joined(separator: "; ")
    }

    static func table(_ revisions: [RevisionInfo]) -> Table {
        let options = revisions.map { OptionsText.short($0.options) }
        let hasOptions = options.contains { !$0.isEmpty }
        let evidence = revisions.map { Self.evidence($0) ?? "" }
        let hasEvidence = evidence.contains { !$0.isEmpty }
        return Table(
            columns: [
                .init(title: "REVISION", isNumber: true), .init(title: "ACTION"),
                .init(title: "MODEL", mayShrink: true), .init(title: "WHEN"), .init(title: "BY", mayShrink: true),
            ] + (hasOptions ? [.init(title: "OPTIONS", mayShrink: true)] : []) + [
                .init(title: "REASON", mayShrink: true)
            ] + (hasEvidence ? [.init(title: "EVIDENCE", mayShrink: true)] : []) + [.init(title: "")],
            rows: zip(revisions, zip(options, evidence)).map { revision, more in
                let (options, evidence) = more
                return
                    [
                        String(revision.revision), revision.action, "\(revision.model):\(revision.version)",
                        Age.text(revision.createdAt), revision.createdBy,
                    ] + (hasOptions ? [options] : []) + [revision.reason] + (hasEvidence ? [evidence] : [])
                    + [revision.isCurrent ? "current" : ""]
            })
    }
}
