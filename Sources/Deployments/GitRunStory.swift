import GitRuns
import Journal

/// Runs from Git in plain sentences, for `slipway why`.
enum GitRunStory {
    /// Of the run that pushed what is live.
    static func past(_ run: GitRun) -> [String] {
        guard let commit = run.life.commit else { return [] }
        return [
            "\(run.title) had pushed it: commit \(commit.words) by \(commit.author) at \(run.ref) of \(run.repository.url)",
            "  because \(run.cause.sentence)",
        ]
    }

    /// Of the last run towards the endpoint, where it is not what made the version that is live.
    static func present(_ run: GitRun, flag: String) -> [String] {
        let commit = run.life.commit.map { " of commit \($0.words) by \($0.author)" } ?? ""
        let message = run.life.message.isEmpty ? "" : ": \(run.life.message)"
        let more = "slipway run show \(run.number)\(flag)"
        switch run.life.state {
        case .queued: return ["\(run.title)\(commit) waits for its turn"]
        case .running:
            return ["\(run.title)\(commit) is under way" + (run.life.current.map { ", in its step \($0.name)" } ?? "")]
        case .waiting: return ["\(run.title)\(commit) waits\(message)"]
        case .blocked: return ["\(run.title)\(commit) was blocked\(message); \(more)"]
        case .failed: return ["\(run.title)\(commit) failed\(message); \(more)"]
        case .cancelled: return ["\(run.title)\(commit) was cancelled\(message)"]
        case .superseded: return []
        case .succeeded: return ["\(run.title)\(commit) ended well\(message)"]
        }
    }
}
