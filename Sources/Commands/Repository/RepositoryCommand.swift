import ArgumentParser
import ManagementAPI
import SlipwayClient

struct RepositoryCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "repository", abstract: "Add, see, pause and remove the Git repositories that models come from.",
        discussion: """
            What a run of a commit does stands in the repository itself, in slipway.yaml: docs/reference/git-runs.md.
            """,
        subcommands: [
            RepositoryAdd.self, RepositoryList.self, RepositoryShow.self, RepositoryPause.self, RepositoryResume.self,
            RepositoryRotateSecret.self, RepositoryRemove.self,
        ])
}

/// Repositories in words.
enum RepositoryText {
    /// - Parameter isAside: beside the answer, which is something else.
    static func print(_ repository: RepositoryInfo, _ session: Session, isAside: Bool = false) {
        var facts = Facts()
        facts.add("url", repository.url)
        facts.add("branch", repository.branch)
        facts.add("hook", "\(session.client.server)/api/v1/hooks/git/\(repository.name)")
        facts.add("space", repository.space)
        facts.add("into", repository.into.isEmpty ? nil : repository.into.joined(separator: ", "))
        if repository.paused {
            let reason = repository.pausedReason.map { ": \($0)" } ?? ""
            facts.add(
                "paused", (repository.pausedAt.map(Age.moment) ?? "") + " by \(repository.pausedBy ?? "")" + reason)
        }
        facts.add("added", "\(Age.moment(repository.addedAt)) by \(repository.addedBy)")
        let console = session.console
        let emphasis = isAside ? console.errorEmphasis : console.emphasis
        let lines = facts.lines(width: isAside ? console.errorWidth : console.width, emphasis: emphasis)
        for line in [emphasis.strong("repository \(repository.name)")] + lines {
            if isAside { console.say(line) } else { console.print(line) }
        }
    }
}
