package import Journal
import Processes
import Synchronization

/// A run from its request to its end.
extension RetrainingService {
    /// Asks for a run of a rule, whatever the rule waits for.
    ///
    /// - Parameter rule: the rule's name; may be left out where there is only one.
    package func start(
        _ endpoint: String, space: String, rule name: String?, reason: String = "", principal: Principal,
        idempotencyKey: String? = nil
    ) async throws(ControlError) -> RetrainingRun {
        guard reason.utf8.count <= 4096 else {
            throw ControlError(.invalid, "the reason has \(reason.utf8.count) bytes, at most 4096", field: "reason")
        }
        let rule = try self.rule(name, endpoint: endpoint, space: space)
        guard commands.isAllowed || !rule.needsCommands else { throw Self.notAllowed(field: nil) }
        let asked = "\(principal.id) asked for it"
        return try await request(
            rule, RunCause(.request, reason.isEmpty ? asked : "\(asked): \(reason)"), space: space, endpoint: endpoint,
            memory: nil, principal: principal,
            idempotency: try Idempotency.make(
                idempotencyKey, ["retraining.start", space, endpoint, rule.name, reason]))
    }

    private func rule(_ name: String?, endpoint: String, space: String) throws(ControlError) -> RetrainingRule {
        let rules = watched.withLock { $0[EndpointPlace(space: space, endpoint: endpoint)] ?? [] }.map(\.watch.rule)
        guard !rules.isEmpty else {
            throw ControlError(
                .notFound, "endpoint '\(Name.excerpt(of: endpoint))' has no retraining rule", field: "endpoint",
                hint: "a monitor's section 'retraining' has them: `slipway monitor set ENDPOINT --file F`")
        }
        if name == nil, rules.count == 1 { return rules[0] }
        let names = rules.map(\.name).joined(separator: ", ")
        guard let name else {
            throw ControlError(
                .invalid, "endpoint '\(endpoint)' has \(rules.count) retraining rules: say which", field: "rule",
                hint: "there are \(names)")
        }
        guard let rule = rules.first(where: { $0.name == name }) else {
            throw ControlError(
                .notFound, "there is no retraining rule '\(Name.excerpt(of: name))'", field: "rule",
                hint: "there are \(names)")
        }
        return rule
    }

    /// Puts a run into the queue, together with what its rule has seen.
    func request(
        _ rule: RetrainingRule, _ cause: RunCause, space: String, endpoint: String, memory: RuleMemory?,
        principal: Principal, idempotency: Idempotency? = nil
    ) async throws(ControlError) -> RetrainingRun {
        let mutation = Mutation(principal: principal, space: space, idempotency: idempotency)
        let committed = try await store.commit(mutation) { transaction in
            guard try transaction.hasSpace(space) else { throw ControlError.spaceNotFound(space) }
            guard let subject = try transaction.retrainingSubject(endpoint, space: space) else {
                throw ControlError(
                    .notFound, "nothing is deployed at endpoint '\(endpoint)'", field: "endpoint",
                    hint: "deploy a model first: `slipway deploy NAME`")
            }
            let run = RetrainingRun(
                number: try transaction.nextRun(), space: space, endpoint: endpoint, model: subject.model,
                modelSpace: subject.modelSpace, rule: rule, cause: cause, requestedBy: principal.id,
                requestedAt: transaction.moment)
            try transaction.insert(run)
            if let memory { try transaction.setRuleMemory(memory, of: rule.name, endpoint: endpoint, space: space) }
            return Change(run.number, event: run.event("retraining.requested", ["cause": cause.sentence]))
        }
        try await publish()
        return try await show(committed.answer, space: space)
    }

    /// Ends a run that has not ended.
    package func cancel(
        _ number: Int, space: String, reason: String = "", principal: Principal
    ) async throws(ControlError) -> RetrainingRun {
        let run = try await show(number, space: space)
        guard run.state.isOpen else {
            throw ControlError(
                .conflict, "retraining run \(number) is over: \(run.state.rawValue)", field: "run",
                hint: "`slipway retraining show \(number)` says how it ended")
        }
        let by = "\(principal.id) cancelled it" + (reason.isEmpty ? "" : ": \(reason)")
        if let command = running.withLock({ $0[number] }) {
            cancelled.withLock { $0[number] = (by, principal) }
            command.process.cancel()
            await command.task.value
        } else {
            try await end(number, .cancelled, message: by, principal: principal)
        }
        return try await show(number, space: space)
    }

    /// What another system says of a run that is its to do.
    package func report(
        _ number: Int, space: String, succeeded: Bool, message: String, principal: Principal
    ) async throws(ControlError) -> RetrainingRun {
        guard message.utf8.count <= 4096 else {
            throw ControlError(.invalid, "the message has \(message.utf8.count) bytes, at most 4096", field: "message")
        }
        let run = try await show(number, space: space)
        guard case .webhook = run.rule.action else {
            throw ControlError(
                .conflict, "\(run.title) is a command of this server: its end is its exit code", field: "run")
        }
        guard run.state == .running else {
            throw ControlError(
                .conflict, "\(run.title) is \(run.state.rawValue): nothing is waited for", field: "run")
        }
        try await end(number, .exited(succeeded ? 0 : 1), message: message, principal: principal)
        return try await show(number, space: space)
    }

    // MARK: - Begin

    func begin(command run: RetrainingRun) async throws(ControlError) {
        guard commands.isAllowed else { return try await end(run.number, .refused) }
        guard !isStopping.withLock({ $0 }) else { return }
        let expiry = Timestamp(microseconds: now.microseconds + (run.rule.limits.minutes + 5) * 60_000_000)
        let key = try await outside.keys.issue(run: run.number, space: run.modelSpace, expiresAt: expiry)
        try await markRunning(run, keyID: key?.id, message: "")
        let process = RunProcess(order(run, token: key?.token))
        let task = Task { await self.carryOut(run, process) }
        running.withLock { $0[run.number] = RunningCommand(space: run.space, process: process, task: task) }
    }

    func begin(webhook run: RetrainingRun, _ url: String) async throws(ControlError) {
        try await markRunning(run, keyID: nil, message: "waits for the outside system's report")
        guard let webhooks = outside.webhooks else {
            return try await end(run.number, .exited(1), message: "this server sends no webhooks")
        }
        do {
            try await webhooks.send(run, to: url)
        } catch {
            try await end(run.number, .exited(1), message: "the webhook could not be sent: \(error.message)")
        }
    }

    private func markRunning(_ run: RetrainingRun, keyID: String?, message: String) async throws(ControlError) {
        let mutation = Mutation(principal: .automation, space: run.space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            guard var now = try transaction.run(run.number, space: nil), now.state == .queued else {
                throw ControlError(.conflict, "\(run.title) is no longer waiting")
            }
            now.state = .running
            now.startedAt = transaction.moment
            now.keyID = keyID
            now.message = message
            try transaction.save(now)
            return Change(true, event: now.event("retraining.started", ["cause": now.cause.sentence]))
        }
        try await publish()
    }

    private func carryOut(_ run: RetrainingRun, _ process: RunProcess) async {
        var ending: RunEnding
        var message: String?
        do {
            let folders = folders
            try await diskThreads.run { () throws(ControlError) in try folders.make(run.number) }
            try await layOut(run)
            ending = await threads.run { process.run() }
        } catch {
            ending = .exited(-1)
            message = "it was not started: \(error.message)"
        }
        var principal = Principal.automation
        if let by = cancelled.withLock({ $0.removeValue(forKey: run.number) }) {
            ending = .cancelled
            (message, principal) = by
        }
        do {
            try await end(run.number, ending, message: message, principal: principal)
        } catch {
            report("the end of \(run.title) could not be kept", error)
        }
        running.withLock { $0[run.number] = nil }
    }

    /// The rows that the run may train on.
    private func layOut(_ run: RetrainingRun) async throws(ControlError) {
        let folder = folders.data(run.number)
        let (space, endpoint) = (run.space, run.endpoint)
        let hasLabels =
            try await outside.labelled?.export(
                space: space, endpoint: endpoint, rows: run.rule.rows, to: folder + "/labelled.csv") ?? false
        guard !hasLabels else { return }
        // A table without a row would look as if there were something to learn from.
        folders.drop(folder + "/labelled.csv")
        _ = try await outside.written.export(
            space: space, endpoint: endpoint, bytes: run.rule.limits.fileMB << 20, to: folder + "/ledger.csv")
    }

    private func order(_ run: RetrainingRun, token: String?) -> RunProcess.Order {
        var environment = commands.environment
        environment["SLIPWAY_SERVER"] = commands.server
        environment["SLIPWAY_SPACE"] = run.modelSpace
        environment["SLIPWAY_MODEL"] = run.model
        environment["SLIPWAY_ENDPOINT"] = run.endpoint
        environment["SLIPWAY_ENDPOINT_SPACE"] = run.space
        environment["SLIPWAY_RUN"] = String(run.number)
        environment["SLIPWAY_DATA"] = folders.data(run.number)
        environment["SLIPWAY_CAUSE"] = run.cause.kind.rawValue
        environment["TMPDIR"] = folders.temporary(run.number)
        environment["ORT_DISABLE_TELEMETRY"] = "1"
        // The log has its lines in the order in which they were written.
        environment["PYTHONUNBUFFERED"] = "1"
        if let token { environment["SLIPWAY_TOKEN"] = token }
        var (words, folder): ([String], String?) = ([], nil)
        if case .command(let command, let place) = run.rule.action { (words, folder) = (command, place) }
        return RunProcess.Order(
            command: words, folder: folder ?? folders.work(run.number),
            environment: environment.map { "\($0.key)=\($0.value)" }.sorted(), limits: run.rule.limits.processLimits,
            log: folders.log(run.number), program: commands.program, programArguments: commands.programArguments)
    }
}
