import Journal
import Retraining

/// Retraining runs in plain sentences, for `slipway why`.
enum RetrainingStory {
    /// Of the run that pushed what is live.
    static func past(_ run: RetrainingRun) -> [String] {
        var lines = [
            "\(run.title) of '\(run.endpoint)' in \(run.space) had trained and pushed it"
                + (run.startedAt.map { " on \($0.day)" } ?? "") + ", asked for by \(run.requestedBy)",
            "  because \(run.cause.sentence)",
        ]
        if run.followUp.state == .done { lines.append("  then \(run.followUp.message), by the rule") }
        return lines
    }

    /// Of the last run, where it is not what made the version that is live.
    static func present(_ run: RetrainingRun, flag: String) -> [String] {
        let because = "because \(run.cause.sentence)"
        switch run.state {
        case .queued: return ["\(run.title) waits for its turn, \(because)"]
        case .running:
            return ["\(run.title) is under way since \((run.startedAt ?? run.requestedAt).day), \(because)"]
        case .failed, .timedOut, .interrupted:
            return [
                "\(run.title) \(words(run.state)): \(run.message); \(because): "
                    + "slipway retraining log \(run.number)\(flag)"
            ]
        case .cancelled: return ["\(run.title) was cancelled: \(run.message)"]
        case .succeeded: return succeeded(run, because)
        }
    }

    private static func succeeded(_ run: RetrainingRun, _ because: String) -> [String] {
        guard let version = run.version else { return ["\(run.title) pushed nothing new, \(because)"] }
        let pushed = "\(run.title) pushed \(run.model):\(version), \(because)"
        switch run.followUp.state {
        case .none: return [pushed]
        case .due: return [pushed, "  what becomes of it is being asked for"]
        case .promoting, .done: return [pushed, "  then \(run.followUp.message)"]
        case .refused: return [pushed, "  it does not go on: \(run.followUp.message)"]
        }
    }

    private static func words(_ state: RetrainingRun.State) -> String {
        state == .timedOut ? "took too long" : state == .interrupted ? "was interrupted" : "failed"
    }
}
