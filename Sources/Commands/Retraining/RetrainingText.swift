import ManagementAPI

/// Retraining runs in words.
enum RetrainingText {
    static func state(_ state: RetrainingState) -> String {
        switch state {
        case .timedOut: "timed out"
        default: state.rawValue
        }
    }

    /// What came of the run, in a few words.
    static func result(_ run: RetrainingRunInfo) -> String {
        guard run.state == .succeeded else { return run.message }
        guard let version = run.version else { return "pushed nothing new" }
        let pushed = "\(run.model):\(version)"
        guard let followUp = run.followUp, !followUp.message.isEmpty else { return pushed }
        return "\(pushed); \(followUp.message)"
    }

    static func facts(_ run: RetrainingRunInfo) -> Facts {
        var facts = Facts()
        facts.add("rule", run.rule)
        facts.add("cause", run.cause)
        facts.add("command", run.command?.joined(separator: " "))
        facts.add("webhook", run.webhook)
        facts.add("asked for", "\(Age.moment(run.requestedAt)) by \(run.requestedBy)")
        facts.add("started", run.startedAt.map(Age.moment))
        facts.add("ended", run.endedAt.map(Age.moment))
        facts.add("exit code", run.exitCode.map { String($0) })
        facts.add("message", run.message.isEmpty ? nil : run.message)
        facts.add("pushed", run.version.map { "\(run.model):\($0) in space \(run.modelSpace)" })
        if let followUp = run.followUp {
            let message = followUp.message.isEmpty ? "" : ": \(followUp.message)"
            facts.add("then", followUp.state == "none" && message.isEmpty ? nil : followUp.state + message)
        }
        return facts
    }

    static func print(_ run: RetrainingRunInfo, _ session: Session) {
        let console = session.console
        console.print(
            console.emphasis.strong("retraining run \(run.run)") + " of \(run.endpoint)  \(state(run.state))")
        for line in facts(run).lines(width: console.width, emphasis: console.emphasis) { console.print(line) }
    }
}
