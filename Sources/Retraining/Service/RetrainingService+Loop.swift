import Journal
import Processes
import Synchronization

/// Once a second: rules are asked for causes, and open runs are helped on.
extension RetrainingService {
    /// Rows are counted less often than the rest is looked at.
    private static let labelledEach = 10

    /// Takes up what a server before this one left, then begins to watch.
    package func run() {
        loop.withLock { loop in
            guard loop == nil else { return }
            loop = Task { [weak self] in
                await self?.resume()
                var turn = 0
                while (try? await Task.sleep(for: .seconds(1))) != nil {
                    guard let self else { return }
                    await self.tick(turn: turn)
                    turn &+= 1
                }
            }
        }
    }

    /// Ends the loop and the commands. What ran is `interrupted`.
    package func stop() async {
        isStopping.withLock { $0 = true }
        let task = loop.withLock { loop in
            defer { loop = nil }
            return loop
        }
        task?.cancel()
        await task?.value
        let commands = running.withLock { Array($0.values) }
        for command in commands { command.process.abandon() }
        for command in commands { await command.task.value }
    }

    /// Runs that were under way when the server ended are over: their processes are ended, and they say so.
    package func resume() async {
        do {
            let open = try await store.read { try $0.openRuns() }
            for run in open where run.state == .running {
                guard case .command = run.rule.action else { continue }
                let folders = folders
                await diskThreads.run {
                    ProcessLeftovers.end(
                        environment: ["SLIPWAY_RUN=\(run.number)", "SLIPWAY_DATA=\(folders.data(run.number))"])
                }
                try await end(run.number, .serverEnded)
            }
            let numbers = Set(open.filter { $0.state == .queued }.map(\.number))
            let folders = folders
            await diskThreads.run { folders.tidy(open: numbers) }
        } catch {
            report("runs of before the start could not be looked after", error)
        }
    }

    /// One turn. What fails in one rule or run keeps no other from its own.
    package func tick(turn: Int) async {
        let places = watched.withLock { Array($0.keys) }
        for place in places.sorted(by: { ($0.space, $0.endpoint) < ($1.space, $1.endpoint) }) {
            let count = watched.withLock { $0[place]?.count ?? 0 }
            for index in 0..<count { await look(at: place, index, turn: turn) }
        }
        await helpOn()
    }

    // MARK: - Rules

    private func look(at place: EndpointPlace, _ index: Int, turn: Int) async {
        guard var rule = watchedRule(place, index) else { return }
        let name = rule.watch.rule.name
        do {
            try await look(&rule, place, turn: turn)
        } catch {
            rule.note = error.message
            if error.code != .notFound { report("a retraining rule could not be looked after", error) }
        }
        watched.withLock { watched in
            // Somebody may have set other rules meanwhile.
            guard let rules = watched[place], index < rules.count, rules[index].watch.rule == rule.watch.rule,
                rules[index].watch.rule.name == name
            else { return }
            watched[place]?[index] = rule
        }
    }

    private func watchedRule(_ place: EndpointPlace, _ index: Int) -> WatchedRule? {
        watched.withLock { watched in
            guard let rules = watched[place], index < rules.count else { return nil }
            return rules[index]
        }
    }

    private func look(_ rule: inout WatchedRule, _ place: EndpointPlace, turn: Int) async throws(ControlError) {
        guard rule.watch.rule.enabled else { return }
        if !rule.isLoaded { try await load(&rule, place) }
        var sight = RuleSight(now: now, monotonic: SystemCalls.monotonic)
        let filter = RunFilter(space: place.space, endpoint: place.endpoint, rule: rule.watch.rule.name)
        switch rule.watch.rule.trigger {
        case .manual: return
        case .schedule: break
        case .alert:
            sight.alerts = await outside.alerts?.firing(space: place.space, endpoint: place.endpoint) ?? []
            guard !sight.alerts.isEmpty else {
                rule.note = ""
                return
            }
        case .labelledRows:
            guard turn % Self.labelledEach == 0 else { return }
            let history = try await history(filter)
            sight.labelled = await outside.labelled?.joined(
                space: place.space, endpoint: place.endpoint, since: history.lastSuccess ?? rule.watch.memory.since)
        case .folder(let path):
            guard commands.isAllowed else { throw Self.notAllowed(field: nil) }
            sight.listing = await diskThreads.run { FolderListing.read(path) }
            guard sight.listing != nil else {
                rule.note = "the folder \(path) cannot be read"
                return
            }
        }
        let isTentative = rule.watch.cause(sight, RuleHistory()) != nil
        if rule.watch.memory != rule.saved { try await keep(&rule, place) }
        rule.note = ""
        guard isTentative else { return }
        let history = try await history(filter)
        guard let cause = rule.watch.cause(sight, history) else { return }
        guard history.open < rule.watch.rule.concurrent else {
            rule.note = "\(history.open) of its runs are open already"
            return
        }
        if let until = history.coolUntil(rule.watch.rule), until > sight.now {
            rule.note = "there is a cause, but it cools down until \(until)"
            return
        }
        rule.watch.begun(sight)
        _ = try await request(
            rule.watch.rule, cause, space: place.space, endpoint: place.endpoint, memory: rule.watch.memory,
            principal: .automation)
        rule.saved = rule.watch.memory
    }

    /// Takes up what the rule has seen before; another trigger begins anew.
    private func load(_ rule: inout WatchedRule, _ place: EndpointPlace) async throws(ControlError) {
        let own = rule.watch.rule
        let memory = try await store.read {
            try $0.ruleMemory(own.name, endpoint: place.endpoint, space: place.space)
        }
        rule.watch = RuleWatch(own, memory: memory, now: rule.watch.memory.since)
        rule.saved = memory
        rule.isLoaded = true
    }

    func history(_ filter: RunFilter) async throws(ControlError) -> RuleHistory {
        RuleHistory(newestFirst: try await store.read { try $0.runs(filter, before: nil, limit: 100) })
    }

    private func keep(_ rule: inout WatchedRule, _ place: EndpointPlace) async throws(ControlError) {
        let (memory, name) = (rule.watch.memory, rule.watch.rule.name)
        let mutation = Mutation(principal: .automation, space: place.space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            try transaction.setRuleMemory(memory, of: name, endpoint: place.endpoint, space: place.space)
            return Change(true, event: nil)
        }
        rule.saved = memory
    }

    // MARK: - Runs

    private func helpOn() async {
        let open: [RetrainingRun]
        do {
            open = try await store.read { try $0.openRuns() }
        } catch {
            return report("the open runs could not be read", error)
        }
        for run in open {
            do {
                switch run.state {
                case .queued: try await beginIfFree(run)
                case .running: try await checkTime(run)
                default: try await follow(run)
                }
            } catch {
                report("\(run.title) could not be looked after", error)
            }
        }
    }

    private func beginIfFree(_ run: RetrainingRun) async throws(ControlError) {
        let filter = RunFilter(space: run.space, endpoint: run.endpoint, rule: run.rule.name, onlyOpen: true)
        // Asked anew for each: the one before it in the queue may just have begun.
        let under = try await store.read { transaction in
            try transaction.runs(filter, before: nil, limit: PageLimit.maximum).count { $0.state == .running }
        }
        guard under < run.rule.concurrent else { return }
        switch run.rule.action {
        case .command:
            guard running.withLock({ $0.count }) < Self.commandsAtOnce else { return }
            try await begin(command: run)
        case .webhook(let url): try await begin(webhook: run, url)
        }
    }

    /// A command's guard looks at the clock itself; another system is not waited for for ever.
    private func checkTime(_ run: RetrainingRun) async throws(ControlError) {
        guard case .webhook = run.rule.action, let startedAt = run.startedAt else { return }
        let limit = startedAt.microseconds + run.rule.limits.minutes * 60_000_000
        if now.microseconds > limit { try await end(run.number, .outOfTime) }
    }
}
