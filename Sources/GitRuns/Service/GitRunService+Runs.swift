package import Journal
import Processes
import Synchronization

/// Runs as people and other systems ask for them, end them and look at them.
extension GitRunService {
    /// Puts a run of a repository's branch into the queue. Runs of the same branch that have not begun give way to it.
    ///
    /// - Parameters:
    ///   - ref: a branch, a tag or a whole commit; the repository's branch unless given.
    ///   - commit: of `ref`, where it is known; else whatever that is at when the run begins.
    ///
    /// Errors: `notFound`, `invalid`, `refused` (paused, no commands, address).
    package func start(
        repository name: String, space: String, ref: String? = nil, commit: String? = nil, cause: GitRunCause,
        principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> GitRun {
        try requireCommands()
        if let ref { try GitReference.check(ref, field: "ref") }
        if let commit {
            guard GitReference.isCommit(commit) else {
                throw ControlError(
                    .invalid, "commit '\(Name.excerpt(of: commit))' is no whole commit", field: "commit",
                    hint: "its 40 hexadecimal digits")
            }
        }
        let repository = try await repository(name, space: space)
        try GitAddress(repository.url).requireAllowed(by: settings.allow)
        let wanted = commit ?? ref.flatMap { GitReference.isCommit($0) ? $0 : nil }
        let mutation = Mutation(
            principal: principal, space: space,
            idempotency: try Idempotency.make(
                idempotencyKey, ["run.start", space, name, ref ?? "", commit ?? "", cause.kind.rawValue]))
        let committed = try await store.commit(mutation) { transaction in
            let repository = try Self.require(name, space, transaction)
            if let pause = repository.pause {
                throw ControlError(
                    .refused,
                    "the repository '\(name)' was paused by \(pause.by)"
                        + (pause.reason.isEmpty ? "" : ": \(pause.reason)"),
                    field: "repository", hint: "`slipway repository resume \(name)`")
            }
            let run = GitRun(
                number: try transaction.nextGitRun(), repository: repository, ref: ref ?? repository.branch,
                wanted: wanted, cause: cause, requestedBy: principal.id, requestedAt: transaction.moment)
            let passed = try Self.supersede(run, in: transaction)
            try transaction.insert(run)
            var detail = ["cause": cause.sentence]
            if !passed.isEmpty { detail["supersedes"] = passed.map { String($0) }.joined(separator: ",") }
            return Change(run.number, event: run.event("run.requested", detail))
        }
        try await publish()
        nudge()
        return try await show(committed.answer, space: space)
    }

    /// Those that wait for their turn have no use once there is something newer.
    private static func supersede(_ run: GitRun, in transaction: any GitRunTransaction) throws -> [Int] {
        guard run.cause.isNewest else { return [] }
        var passed: [Int] = []
        for var other in try transaction.openGitRuns()
        where other.repository.id == run.repository.id && other.ref == run.ref && other.life.state == .queued
            && other.cause.isNewest
        {
            _ = other.life.handle(.superseded(by: run.number), at: transaction.moment)
            try transaction.save(other)
            passed.append(other.number)
        }
        return passed
    }

    /// Puts a run of the same commit into the queue.
    package func again(
        _ number: Int, space: String, principal: Principal, idempotencyKey: String? = nil
    ) async throws(ControlError) -> GitRun {
        let run = try await show(number, space: space)
        guard let commit = run.commit else {
            throw ControlError(
                .conflict, "\(run.title) never came to a commit", field: "repeat",
                hint: "`slipway run start \(run.repository.name)` begins a run of what the branch is at now")
        }
        return try await start(
            repository: run.repository.name, space: space, ref: run.ref, commit: commit,
            cause: GitRunCause(.again, "\(principal.id) asked for run \(number) again", repeats: number),
            principal: principal, idempotencyKey: idempotencyKey)
    }

    /// Ends a run that has not ended, with what it started and what it asked for.
    package func cancel(
        _ number: Int, space: String, reason: String = "", principal: Principal
    ) async throws(ControlError) -> GitRun {
        try Self.check(reason: reason)
        let run = try await show(number, space: space)
        guard run.isOpen else {
            throw ControlError(
                .conflict, "\(run.title) is over: \(run.life.state.rawValue)", field: "run",
                hint: "`slipway run show \(number)` says how it ended")
        }
        let words = "\(principal.id) cancelled it" + (reason.isEmpty ? "" : ": \(reason)")
        let task = active.withLock { active -> Task<Void, Never>? in
            guard let run = active[number] else { return nil }
            cancelled.withLock { $0[number] = (words, principal) }
            run.process?.cancel()
            return run.task
        }
        if let task { await task.value }
        let now = try await show(number, space: space)
        if now.isOpen {
            await takeBack(now, words)
            _ = try await take(number, .cancelled(words), principal: principal)
            await clear(number)
        }
        _ = cancelled.withLock { $0.removeValue(forKey: number) }
        nudge()
        return try await show(number, space: space)
    }

    /// What a run that ends early has asked for, and nobody has decided yet. What cannot be taken back is reported, no more.
    func takeBack(_ run: GitRun, _ reason: String) async {
        guard run.life.state == .waiting, let step = run.life.current, let space = step.space else { return }
        do {
            if step.kind == .promote, let number = step.evidence["promotion"].flatMap({ Int($0) }) {
                try await delivery.withdraw(promotion: number, space: space, run: run, reason: reason)
            }
            if step.kind == .deploy, let number = step.evidence["rollout"].flatMap({ Int($0) }), let target = run.target
            {
                try await delivery.abort(
                    rollout: number, endpoint: target.endpoint, space: space, run: run, reason: reason)
            }
        } catch {
            report("what \(run.title) had asked for could not be taken back", error)
        }
    }

    // MARK: - Views

    /// A run of the space; `notFound` where there is none with this number.
    package func show(_ number: Int, space: String) async throws(ControlError) -> GitRun {
        guard let run = try await store.read({ try $0.gitRun(number, space: space) }) else {
            throw ControlError(
                .notFound, "there is no run \(number) in space '\(Name.excerpt(of: space))'", field: "run",
                hint: "`slipway run list` shows those there are")
        }
        return run
    }

    /// Why a queued run has not begun; `nil` where nothing is known to keep it.
    package func note(on run: GitRun) -> String? {
        guard run.life.state == .queued else { return nil }
        return notes.withLock { $0[run.number] }
    }

    /// Newest first; `after` is what the page before ended with.
    package func list(
        _ filter: GitRunFilter, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<GitRun> {
        let before = after.flatMap { Int($0) }
        if let after, before == nil {
            throw ControlError(.invalid, "'\(Name.excerpt(of: after))' is no run's number", field: "after")
        }
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { try $0.gitRuns(filter, before: before, limit: limit + 1) }
        return Page.cut(found, limit: limit) { String($0.number) }
    }

    /// The end of the log of a step; of the last one that has a log where none is named.
    package func log(
        _ number: Int, space: String, step name: String?, lastBytes: Int
    ) async throws(ControlError) -> (step: String, text: String, bytes: Int) {
        let run = try await show(number, space: space)
        let logged = run.life.steps.filter { $0.kind.hasLog }
        let step =
            name.map { name in logged.first { $0.name == name } } ?? logged.last { $0.startedAt != nil }
        guard let step else {
            throw ControlError(
                .notFound, "\(run.title) has no log" + (name.map { " of a step '\(Name.excerpt(of: $0))'" } ?? " yet"),
                field: "step", hint: "there are \(logged.map(\.name).joined(separator: ", "))")
        }
        let folders = folders
        let log = await diskThreads.run { folders.readLog(number, step.kind, lastBytes: lastBytes) }
        guard let log else {
            throw ControlError(
                .notFound,
                "\(run.title) has no log of its step \(step.name)"
                    + (step.startedAt == nil ? ", which has not begun" : ""),
                field: "step", hint: "only the logs of the newest \(GitRunFolder.keptLogs) runs are kept")
        }
        return (step.name, log.text, log.bytes)
    }

    /// The run that pushed a version, and the last one that deploys at the endpoint: what `slipway why` tells.
    package func story(
        of model: String, version: Int?, endpoint: String, space: String
    ) async throws(ControlError) -> (pushed: GitRun?, last: GitRun?) {
        try await store.read { transaction in
            (
                try version.flatMap { try transaction.gitRun(thatPushed: model, version: $0) },
                try transaction.gitRun(towards: endpoint, space: space)
            )
        }
    }
}
