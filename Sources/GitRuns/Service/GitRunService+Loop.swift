import Journal
import Processes
import Synchronization

/// Once a second: whatever is open is helped on.
extension GitRunService {
    /// Takes up what a server before this one left, then begins to watch.
    package func run() {
        loop.withLock { loop in
            guard loop == nil else { return }
            loop = Task { [weak self] in
                await self?.tidy()
                while let self, !Task.isCancelled {
                    await self.tick()
                    guard await self.rest() else { return }
                }
            }
        }
    }

    /// A second, or less where something was asked for. False once the loop is to end.
    private func rest() async -> Bool {
        for _ in 0..<20 {
            guard (try? await Task.sleep(for: .milliseconds(50))) != nil else { return false }
            let wasNudged = isNudged.withLock { nudged in
                defer { nudged = false }
                return nudged
            }
            if wasNudged { return true }
        }
        return true
    }

    func nudge() { isNudged.withLock { $0 = true } }

    /// Ends the loop and the commands. What ran begins again with the next server.
    package func stop() async {
        isStopping.withLock { $0 = true }
        let task = loop.withLock { loop in
            defer { loop = nil }
            return loop
        }
        task?.cancel()
        await task?.value
        let runs = active.withLock { Array($0.values) }
        for run in runs { run.process?.abandon() }
        for run in runs { await run.task?.value }
    }

    /// Ends the runs of a space that is gone.
    package func remove(space: String) async {
        let runs = active.withLock { active in active.filter { $0.value.space == space } }
        for (number, run) in runs {
            cancelled.withLock { $0[number] = ("the space was removed", .automation) }
            run.process?.cancel()
        }
        for run in runs.values { await run.task?.value }
        do {
            for run in try await store.read({ try $0.openGitRuns() })
            where run.space == space || run.space.hasPrefix("~") {
                _ = try await take(run.number, .cancelled("the space was removed"))
                await clear(run.number)
            }
        } catch {
            report("the runs of a removed space could not be ended", error)
        }
    }

    private func tidy() async {
        do {
            let open = try await store.read { Set(try $0.openGitRuns().map(\.number)) }
            let folders = folders
            await diskThreads.run { folders.tidy(open: open) }
        } catch {
            report("what runs had left could not be put in order", error)
        }
    }

    /// One turn. What fails in one run keeps no other from its own.
    package func tick() async {
        let (open, generation): ([GitRun], Int)
        do {
            (open, generation) = try await store.read { (try $0.openGitRuns(), try $0.generation().number) }
        } catch {
            return report("the open runs could not be read", error)
        }
        notes.withLock { notes in notes = notes.filter { note in open.contains { $0.number == note.key } } }
        looked.withLock { looked in looked = looked.filter { look in open.contains { $0.number == look.key } } }
        for number in open.map(\.number) where active.withLock({ $0[number] == nil }) {
            do {
                // As it is now: only this loop begins anything, so what is active no more has come to rest.
                guard let run = try await store.read({ try $0.gitRun(number, space: nil) }) else { continue }
                switch run.life.state {
                case .queued: try await beginIfFree(run)
                case .running: try await takeUp(run)
                case .waiting: look(at: run, generation)
                default: break
                }
            } catch {
                report("run \(number) could not be looked after", error)
            }
        }
    }

    /// Nobody carries it out: the server that did was killed, or could not write down what came of a step.
    private func takeUp(_ run: GitRun) async throws(ControlError) {
        let lines = ["SLIPWAY_GIT_RUN=\(run.number)", "SLIPWAY_CHECKOUT=\(folders.checkout(run.number))"]
        await diskThreads.run { ProcessLeftovers.end(environment: lines) }
        let now = try await take(run.number, .serverEnded(orderly: false))
        if !now.isOpen { await clear(run.number) }
    }

    /// What a run waits for has changed only if something has.
    private func look(at run: GitRun, _ generation: Int) {
        let isNews = looked.withLock { looked in
            guard looked[run.number] != generation else { return false }
            looked[run.number] = generation
            return true
        }
        if isNews { begin(run, works: false, nil) }
    }

    // MARK: - Begin

    private func beginIfFree(_ run: GitRun) async throws(ControlError) {
        guard commands.isAllowed else {
            _ = try await take(run.number, .failed("this server starts no commands: slipway serve --allow-commands"))
            return
        }
        if run.repository.pause != nil { return note("the repository is paused", run) }
        // Asked anew for each: the one before it in the queue may just have begun.
        let others = try await store.read { transaction in
            try transaction.openGitRuns().filter { other in
                other.number != run.number && other.repository.id == run.repository.id
                    && (other.life.state != .queued || other.number < run.number)
            }
        }
        for other in others {
            guard run.cause.isNewest, other.life.state == .waiting, other.life.current?.kind == .promote,
                other.number < run.number, active.withLock({ $0[other.number] == nil })
            else { return note("waits for run \(other.number), which is \(other.life.state.rawValue)", run) }
        }
        guard active.withLock({ $0.values.count(where: \.works) }) < Self.runsAtOnce else {
            return note("\(Self.runsAtOnce) runs are under way on this server", run)
        }
        // Nobody has approved of what is older by now; the approval would be of something that is not wanted any more.
        for other in others {
            await takeBack(other, "run \(run.number) of the repository has taken its place")
            _ = try await take(other.number, .superseded(by: run.number))
            await clear(other.number)
        }
        begin(run, works: true, .began)
    }

    private func note(_ words: String, _ run: GitRun) { notes.withLock { $0[run.number] = words } }

    private func begin(_ run: GitRun, works: Bool, _ first: GitRunEvent?) {
        guard !isStopping.withLock({ $0 }) else { return }
        active.withLock { active in
            active[run.number] = ActiveRun(space: run.space, works: works)
            active[run.number]?.task = Task { await self.drive(run, first) }
        }
    }

    // MARK: - Steps

    /// Carries out one step after the other, until there is nothing to do or something to wait for.
    private func drive(_ begun: GitRun, _ first: GitRunEvent?) async {
        var run = begun
        do {
            if let first { run = try await take(run.number, first) }
            repeat {
                guard let step = run.life.current else { break }
                let event = await perform(step, of: run)
                run = try await settle(run, step, event)
            } while run.life.state == .running && !isStopping.withLock { $0 }
            if run.life.state == .running { run = try await take(run.number, .serverEnded(orderly: true)) }
        } catch {
            report("\(run.title) could not be carried on", error)
            // Looked at again although nothing else has changed since.
            looked.withLock { $0[run.number] = nil }
        }
        if !run.isOpen || run.life.state == .waiting { await clear(run.number) }
        if !run.isOpen {
            let folders = folders
            await diskThreads.run { folders.forgetOldest() }
        }
        _ = active.withLock { $0.removeValue(forKey: run.number) }
        // Not where nothing has come of it: it would be asked again at once, for ever.
        if run.life != begun.life { nudge() }
    }

    private func settle(_ run: GitRun, _ step: RunStep, _ event: GitRunEvent) async throws(ControlError) -> GitRun {
        guard let by = cancelled.withLock({ $0.removeValue(forKey: run.number) }) else {
            return try await take(run.number, event)
        }
        var now = run
        // What was done is on record before the end is.
        switch event {
        case .cloned, .pushed, .succeeded, .waits: now = try await take(run.number, event)
        default: break
        }
        guard now.isOpen else { return now }
        await takeBack(now, by.words)
        return try await take(run.number, .cancelled(by.words), principal: by.principal)
    }

    func clear(_ number: Int) async {
        let folders = folders
        await diskThreads.run { folders.clear(number) }
    }

    /// Keeps what happened, and gives the run as it then is.
    func take(
        _ number: Int, _ event: GitRunEvent, principal: Principal = .automation
    ) async throws(ControlError) -> GitRun {
        guard let known = try await store.read({ try $0.gitRun(number, space: nil) }) else {
            throw ControlError(.notFound, "there is no run \(number)", field: "run")
        }
        if case .waits(let message, let evidence) = event, known.isWaiting(message, evidence) { return known }
        let mutation = Mutation(principal: principal, space: known.space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            guard var run = try transaction.gitRun(number, space: nil) else { return Change(false, event: nil) }
            let before = run.life
            if case .refuse(let why) = run.life.handle(event, at: transaction.moment) {
                throw ControlError(.conflict, "\(run.title): \(why)", field: "run")
            }
            try transaction.save(run)
            return Change(true, event: run.event(since: before, event))
        }
        try await publish()
        return try await store.read { try $0.gitRun(number, space: nil) } ?? known
    }
}

extension GitRun {
    func isWaiting(_ message: String, _ evidence: [String: String]) -> Bool {
        guard life.state == .waiting, let step = life.current else { return false }
        return step.message == message && evidence.allSatisfy { step.evidence[$0.key] == $0.value }
    }

    /// What the audit has to say of an event: nothing where it is only waited for.
    fileprivate func event(since before: GitRunLife, _ event: GitRunEvent) -> AuditDraft? {
        var detail = ["state": life.state.rawValue]
        if !life.message.isEmpty { detail["message"] = life.message }
        if case .began = event { return self.event("run.started", ["cause": cause.sentence]) }
        if case .serverEnded = event { return self.event(isOpen ? "run.interrupted" : "run.finished", detail) }
        if let step = before.current {
            detail["step"] = step.name
            let now = life.steps.first { $0.name == step.name } ?? step
            detail.merge(now.evidence) { own, _ in own }
            if isOpen { detail["state"] = now.state.rawValue }
            if isOpen { detail["message"] = now.message.isEmpty ? nil : now.message }
            if case .waits = event, now.evidence == step.evidence { return nil }
        }
        if let pushed = life.pushed { detail["version"] = pushed.label }
        return self.event(isOpen ? "run.step" : "run.finished", detail)
    }
}
