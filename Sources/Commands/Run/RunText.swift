import ManagementAPI
import SlipwayClient

/// Runs from Git in words.
enum RunText {
    static func table(_ runs: [GitRunInfo]) -> Table {
        Table(
            columns: [
                .init(title: "RUN", isNumber: true), .init(title: "REPOSITORY", mayShrink: true),
                .init(title: "REF", mayShrink: true), .init(title: "COMMIT"), .init(title: "STATE"),
                .init(title: "WHEN"), .init(title: "", mayShrink: true),
            ],
            rows: runs.map { run in
                [
                    String(run.run), run.repository, run.ref, run.commit.map { String($0.prefix(7)) } ?? "",
                    run.state.rawValue, Age.text(run.requestedAt), result(run),
                ]
            })
    }

    /// What came of it, or where it stands, in a few words.
    private static func result(_ run: GitRunInfo) -> String {
        if !run.message.isEmpty { return run.message }
        return run.steps.first { $0.state == .running }.map { "in its step \($0.name)" } ?? ""
    }

    /// Until it ends, or waits for people.
    static func follow(_ run: GitRunInfo, _ session: Session) async throws -> GitRunInfo {
        var run = run
        while try await isMoving(run, session) {
            try await Task.sleep(for: .milliseconds(500))
            run = try await session.client.gitRun(run.run)
        }
        return run
    }

    /// Gates go on by themselves, and so does a run that has not seen yet that somebody has approved.
    private static func isMoving(_ run: GitRunInfo, _ session: Session) async throws -> Bool {
        if run.state == .queued || run.state == .running { return true }
        guard run.state == .waiting, let step = run.steps.first(where: { $0.state == .waiting }) else { return false }
        guard step.evidence["waitsFor"] != "gates" else { return true }
        guard let number = step.evidence["promotion"].flatMap({ Int($0) }), step.name.hasPrefix("promote:") else {
            return false
        }
        let space = String(step.name.dropFirst("promote:".count))
        // Who may not see the promotion is told what the run knows.
        guard let promotion = try? await session.client.promotion(number, space: space) else { return false }
        return promotion.state != .awaitingApproval
    }

    private static func facts(_ run: GitRunInfo) -> Facts {
        var facts = Facts()
        facts.add("repository", "\(run.repository) (\(run.url))")
        let subject = run.subject.map { " (\($0))" } ?? ""
        facts.add("commit", run.commit.map { "\($0)\(subject)" })
        facts.add("author", run.author)
        facts.add("cause", run.cause)
        facts.add("asked for", "\(Age.moment(run.requestedAt)) by \(run.requestedBy)")
        facts.add("started", run.startedAt.map(Age.moment))
        facts.add("ended", run.endedAt.map(Age.moment))
        if let model = run.model, let version = run.version {
            facts.add("version", "\(model):\(version)" + (run.isNewVersion == false ? " (these bytes were there)" : ""))
        }
        facts.add("message", run.message.isEmpty ? nil : run.message)
        return facts
    }

    static func print(_ run: GitRunInfo, _ session: Session) {
        let console = session.console
        console.print(
            console.emphasis.strong("run \(run.run)") + " of \(run.repository) at \(run.ref)  \(run.state.rawValue)")
        for line in facts(run).lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
        console.print()
        session.print(
            Table(
                columns: [
                    .init(title: "STEP"), .init(title: "STATE"), .init(title: "ENDED"),
                    .init(title: "", mayShrink: true),
                ],
                rows: run.steps.map { step in
                    [step.name, step.state.rawValue, step.endedAt.map(Age.moment) ?? "", step.message]
                }))
        if let hint = hint(run, session) {
            console.print()
            console.print("next: \(hint)")
        }
    }

    /// What a person can do about it.
    private static func hint(_ run: GitRunInfo, _ session: Session) -> String? {
        guard let step = run.steps.first(where: { [.running, .waiting, .blocked, .failed].contains($0.state) }) else {
            return nil
        }
        if step.hasLog { return "slipway run show \(run.run) --log \(step.name)\(session.flags)" }
        guard step.state == .waiting || step.state == .blocked, step.name.hasPrefix("promote:"),
            let number = step.evidence["promotion"]
        else { return nil }
        return "slipway promotion show \(number) --space \(step.name.dropFirst("promote:".count))"
    }
}
