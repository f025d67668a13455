import Governance
import Journal
import Serving
import Synchronization

/// A check that is being asked, or when it was asked last.
struct RunningCheck: Sendable {
    let task: Task<Void, Never>
}

/// Once a second: what the variants have done is read, taken into account, kept, and acted upon.
extension RolloutService {
    /// What one turn of the loop counts for at most, in milliseconds: a machine that slept has not served.
    static let longestTurn = 3000

    /// Begins to look after the open rollouts, those of before a restart too.
    package func run() {
        loop.withLock { loop in
            guard loop == nil else { return }
            loop = Task { [weak self] in
                let watch = ContinuousClock()
                var last = watch.now
                while (try? await Task.sleep(for: .seconds(1))) != nil {
                    guard let self else { return }
                    let now = watch.now
                    let passed = (now - last).components
                    last = now
                    let milliseconds =
                        Int(clamping: passed.seconds) * 1000 + Int(passed.attoseconds / 1_000_000_000_000_000)
                    await self.tick(milliseconds: milliseconds)
                }
            }
        }
    }

    /// Ends the loop once its turn is over. The next start takes up what is open.
    package func stop() async {
        let task = loop.withLock { loop in
            defer { loop = nil }
            return loop
        }
        task?.cancel()
        asking.withLock { asking in
            for check in asking.values { check.task.cancel() }
            asking = [:]
        }
        await task?.value
    }

    /// One turn. What fails in one rollout keeps no other from its own.
    package func tick(milliseconds: Int) async {
        let open: [Rollout]
        do {
            open = try await store.read { try $0.openRollouts() }
        } catch {
            return report(nil, error)
        }
        let ids = Set(open.map(\.id))
        readings.withLock { readings in readings = readings.filter { ids.contains($0.key) } }
        truths.withLock { truths in truths = truths.filter { ids.contains($0.key) } }
        for rollout in open where rollout.state == .watching || rollout.state.routes {
            do {
                try await tick(rollout, min(max(0, milliseconds), Self.longestTurn))
            } catch {
                report(rollout, error)
            }
        }
    }

    private func tick(_ rollout: Rollout, _ milliseconds: Int) async throws(ControlError) {
        try await deployments.turns.take(rollout.space + "/" + rollout.endpoint) { () async throws(ControlError) in
            let current = try await self.store.read {
                (
                    rollout: try $0.openRollout(endpoint: rollout.endpoint, space: rollout.space),
                    freeze: try $0.policy(of: rollout.space)?.freeze
                )
            }
            guard let now = current.rollout, now.id == rollout.id else { return }
            let (counts, increments) = self.read(now)
            var observed = now
            observed.progress.observe(increments)
            if let reading = self.shadow(of: now) { observed.progress.observe(reading) }
            let told = self.truths.withLock { $0.removeValue(forKey: now.id) }
            if let told { observed.progress.observe(told) }
            let faults = self.deployments.plane.faults(space: now.space, endpoint: now.endpoint)
            if let fault = now.fault(among: faults) { observed.progress.observe(fault: fault) }
            let finding = observed.progress.finding(observed.spec)
            let action = observed.life.tick(
                RolloutTick(
                    milliseconds: milliseconds, verdict: finding.verdict, sentence: finding.sentence,
                    freeze: current.freeze.map { $0.isEmpty ? "the space is frozen" : "the space is frozen: \($0)" }))
            do throws(ControlError) {
                try await self.carryOut(action, observed, since: now)
            } catch {
                if let told { self.truths.withLock { $0[now.id, default: ToldTruths()].add(told) } }
                throw error
            }
            self.readings.withLock { $0[now.id] = counts }
        }
        ask(rollout)
    }

    /// What the variants have done in all, and since it was last taken into account.
    private func read(_ rollout: Rollout) -> (counts: [String: ArmCounts], increments: [String: ArmCounts]) {
        let before = readings.withLock { $0[rollout.id] } ?? [:]
        var counts: [String: ArmCounts] = [:]
        for reading in deployments.plane.arms(space: rollout.space, endpoint: rollout.endpoint)
        where reading.rollout == rollout.number {
            counts[reading.variant] = reading.counts
        }
        let increments = counts.reduce(into: [String: ArmCounts]()) { increments, arm in
            increments[arm.key] = arm.value.increment(since: before[arm.key] ?? ArmCounts())
        }
        return (before.merging(counts) { $1 }, increments)
    }

    /// What the rollout's candidate answered beside callers.
    private func shadow(of rollout: Rollout) -> ShadowReading? {
        guard rollout.spec.strategy == .shadow,
            let reading = deployments.plane.shadow(space: rollout.space, endpoint: rollout.endpoint),
            reading.rollout == rollout.number
        else { return nil }
        return reading
    }

    /// Keeps what was observed, with the decision that it led to.
    private func carryOut(
        _ action: RolloutAction, _ observed: Rollout, since before: Rollout
    ) async throws(ControlError) {
        let name: String
        let needed: Needed
        switch action {
        case .advance: (name, needed) = ("rollout.advance", .candidates)
        case .promote: (name, needed) = ("rollout.promote", .candidates)
        case .rollBack: (name, needed) = ("rollout.rollback", observed.state == .watching ? .origin : .nothing)
        case .settle: (name, needed) = ("rollout.settle", .nothing)
        case .expire: (name, needed) = ("rollout.expire", .nothing)
        case .wait, .begin, .end, .refuse: (name, needed) = ("", .nothing)
        }
        let entries = try await store.read { try observed.entries(needed, $0) }
        do {
            try await whileReady(nil, entries) { () async throws(ControlError) in
                try await self.keep(action, named: name, observed, since: before)
            }
        } catch  where error.code == .loadFailed && (action.isForward) {
            // Weights change only to what is ready; what is not any more ends the rollout.
            try await keep(.rollBack(evidence: error.message), named: "rollout.rollback", observed, since: before)
        }
    }

    private func keep(
        _ action: RolloutAction, named name: String, _ observed: Rollout, since before: Rollout
    ) async throws(ControlError) {
        let mutation = Mutation(principal: .server, space: observed.space, idempotency: nil)
        let committed = try await store.commit(mutation) { transaction in
            guard
                let current = try transaction.rollout(
                    observed.number, endpoint: observed.endpoint, space: observed.space),
                current.steps.count == before.steps.count, current.life == before.life
            else {
                // Somebody was faster: what was decided was about another state.
                return Change(TurnAnswer(changed: false), event: nil)
            }
            var work = RolloutWork(current, principal: .server, in: transaction)
            work.take(observed.life, observed.progress)
            try work.carryOut(action)
            try work.save()
            let change = work.change(name)
            return Change(TurnAnswer(changed: change.event != nil), event: change.event)
        }
        if committed.answer.changed { try await publish(observed.number) }
    }
}

private struct TurnAnswer: Codable, Sendable {
    let changed: Bool
}

extension RolloutAction {
    fileprivate var isForward: Bool {
        switch self {
        case .advance, .promote: true
        default: false
        }
    }
}

extension RolloutWork {
    fileprivate mutating func carryOut(_ action: RolloutAction) throws {
        switch action {
        case .advance(let next, let evidence): try take(.advanced(to: next, evidence: evidence))
        case .promote(let evidence):
            guard let candidate = rollout.spec.candidates.first else { return }
            try promote(candidate, evidence: evidence)
        case .rollBack(let evidence): try rollBack(evidence: evidence)
        case .settle: try take(.settled)
        case .expire: try take(.expired)
        case .wait, .begin, .end, .refuse: return
        }
    }
}

// MARK: - Checks

extension RolloutService {
    /// Asks each check that is due, beside the loop: an answer that takes its time keeps nobody waiting.
    private func ask(_ rollout: Rollout) {
        guard rollout.state.routes, let candidate = rollout.spec.candidates.first else { return }
        let subject = RolloutCheckSubject(
            space: rollout.space, endpoint: rollout.endpoint, rollout: rollout.number, model: rollout.model,
            stableVersion: rollout.origin.version, candidateVersion: candidate.version, step: rollout.life.step + 1)
        for check in rollout.spec.checks {
            let last = rollout.progress.checks[check.name]?.at.microseconds
            let isDue = last.map { clock.now - $0 >= check.everySeconds * 1_000_000 } ?? true
            guard isDue else { continue }
            let key = "\(rollout.id) \(check.name)"
            asking.withLock { asking in
                guard asking[key] == nil else { return }
                asking[key] = RunningCheck(
                    task: Task { [weak self] in
                        guard let self else { return }
                        let result = await self.runner.ask(check, about: subject)
                        let answer = RolloutCheckAnswer(
                            result: result, at: Timestamp(microseconds: self.clock.now))
                        if !Task.isCancelled { await self.keep(answer, of: rollout) }
                        self.asking.withLock { $0[key] = nil }
                    })
            }
        }
    }

    private func keep(_ answer: RolloutCheckAnswer, of rollout: Rollout) async {
        let mutation = Mutation(principal: .server, space: rollout.space, idempotency: nil)
        do {
            try await deployments.turns.take(rollout.space + "/" + rollout.endpoint) { () async throws(ControlError) in
                _ = try await self.store.commit(mutation) { transaction in
                    guard
                        let current = try transaction.openRollout(endpoint: rollout.endpoint, space: rollout.space),
                        current.id == rollout.id, current.life.step == rollout.life.step
                    else { return Change(TurnAnswer(changed: false), event: nil) }
                    var work = RolloutWork(current, principal: .server, in: transaction)
                    var progress = current.progress
                    progress.observe(answer)
                    work.take(current.life, progress)
                    try work.save()
                    return Change(TurnAnswer(changed: true), event: nil)
                }
            }
        } catch {
            report(rollout, error)
        }
    }
}
