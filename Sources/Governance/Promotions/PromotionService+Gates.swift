package import Journal
import Registry
import Synchronization

/// The gates of one run, being carried out.
struct RunningGates: Sendable {
    let run: Int
    /// How many steps the promotion had when they were started or last looked at: who comes with fewer saw it earlier.
    var steps: Int
    let task: Task<Void, Never>
}

extension PromotionService {
    /// At start: takes up what was open when the server ended. What a gate had found out and not reported is found out
    /// again; what was reported stays.
    package func resume() async throws(ControlError) {
        for number in try await store.read({ try $0.openPromotions() }) {
            if let promotion = try await store.read({ try $0.promotion(number) }) { follow(promotion) }
        }
    }

    /// Stops what is being carried out. The next start takes it up.
    package func stop() {
        running.withLock { running in
            for gates in running.values { gates.task.cancel() }
            running = [:]
        }
    }

    /// Starts the gates of the run of now, unless they run already; stops those of an earlier one. What somebody read before
    /// a change that was followed already is ignored.
    func follow(_ promotion: Promotion) {
        let number = promotion.number
        let steps = promotion.steps.count
        let wanted = promotion.state == .checking ? promotion.life.run?.number : nil
        running.withLock { running in
            if let known = running[number] {
                if steps < known.steps { return }
                running[number]?.steps = steps
                if known.run == wanted { return }
                known.task.cancel()
                running[number] = nil
            }
            guard let wanted else { return board.clear(promotion: number) }
            let task = Task { [weak self] in
                await self?.carryOut(number, run: wanted)
                return
            }
            running[number] = RunningGates(run: wanted, steps: steps, task: task)
        }
    }

    private func carryOut(_ number: Int, run: Int) async {
        while !Task.isCancelled {
            do {
                return try await carryOutAll(number, run: run)
            } catch {
                // A full disk, most likely: what has no result is carried out again once there is room.
                board.write("waits, then tries again: \(error.message)", promotion: number, gate: GateBoard.everyGate)
                await pause(5_000_000)
                board.clear(promotion: number, gate: GateBoard.everyGate)
            }
        }
    }

    private func carryOutAll(_ number: Int, run: Int) async throws(ControlError) {
        while !Task.isCancelled, let gate = try await nextGate(number, run: run) {
            try await carryOut(gate, number, run)
        }
        while !Task.isCancelled, let deadline = try await nextDeadline(number, run: run) {
            let wait = deadline.microseconds - clock.now
            if wait > 0 { await pause(wait) }
            if !Task.isCancelled { try await expire(number, run: run) }
        }
    }

    /// The first gate of the run that has to be carried out here.
    private func nextGate(_ number: Int, run: Int) async throws(ControlError) -> String? {
        try await store.read { transaction in
            guard let promotion = try transaction.promotion(number), promotion.state == .checking,
                promotion.life.run?.number == run
            else { return nil }
            return promotion.life.outstanding.first { $0.kind != .external }?.name
        }
    }

    private func nextDeadline(_ number: Int, run: Int) async throws(ControlError) -> Timestamp? {
        try await store.read { transaction in
            guard let promotion = try transaction.promotion(number), promotion.state == .checking,
                promotion.life.run?.number == run
            else { return nil }
            return promotion.life.outstanding.compactMap(\.deadline).min()
        }
    }

    private func carryOut(_ name: String, _ number: Int, _ run: Int) async throws(ControlError) {
        try await turns.take("gates") { () async throws(ControlError) in
            if Task.isCancelled { return }
            let job = try await store.read { try GateJob($0, promotion: number, run: run, gate: name) }
            guard let job else {
                return try await commit(number, "promotion.recheck") { work in _ = try work.yieldToWorld() }
            }
            let report = await self.report(of: job, number)
            if Task.isCancelled { return }
            try await commit(number, "promotion.report", detail: ["gate": name, "outcome": report.outcome.rawValue]) {
                work in
                guard work.promotion.state == .checking, work.promotion.life.run?.number == run else { return }
                try work.take(.reported(run: run, report))
            }
        }
    }

    private func report(of job: GateJob, _ number: Int) async -> GateReport {
        guard let gate = gates.gate(job.demand, of: job.policy) else {
            return GateReport(
                gate: job.demand.name, kind: job.demand.kind, outcome: .error,
                summary: "this server cannot carry it out")
        }
        let name = job.demand.name
        board.write("running", promotion: number, gate: name)
        let board = self.board
        let report = await gate.run(on: job.subject) { board.write($0, promotion: number, gate: name) }
        board.clear(promotion: number, gate: name)
        return report.storable(named: name, of: gate.kind)
    }

    /// Fails every outside check of the run whose time is over.
    func expire(_ number: Int, run: Int) async throws(ControlError) {
        try await commit(number, "promotion.report", detail: ["outcome": "timed out"]) { work in
            let now = work.transaction.time
            for gate in work.promotion.life.outstanding {
                guard work.promotion.state == .checking, work.promotion.life.run?.number == run,
                    let deadline = gate.deadline, deadline <= now
                else { continue }
                try work.take(
                    .reported(
                        run: run,
                        GateReport(
                            gate: gate.name, kind: gate.kind, outcome: .failed,
                            summary: "nobody reported it until \(deadline)", endedAt: now)))
            }
        }
    }

    /// A change that the server makes by itself.
    private func commit(
        _ number: Int, _ action: String, detail: [String: String] = [:],
        _ body: @escaping @Sendable (inout PromotionWork) throws -> Void
    ) async throws(ControlError) {
        guard let promotion = try await store.read({ try $0.promotion(number) }) else { return }
        let mutation = Mutation(principal: .server, space: promotion.target, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            var work = try PromotionWork(number: number, space: nil, principal: .server, in: transaction)
            if work.promotion.state.isOpen { try body(&work) }
            return work.change(action, counted: true, detail: detail)
        }
        _ = try await finish(number)
    }
}

/// What one gate is to be asked, read in one transaction.
private struct GateJob: Sendable {
    let demand: GateDemand
    let policy: SpacePolicy
    let subject: GateSubject

    /// `nil` when the world is no longer the one that the run began in.
    init?(_ transaction: any PromotionTransaction, promotion number: Int, run: Int, gate: String) throws {
        guard let promotion = try transaction.promotion(number), let current = promotion.life.run,
            current.number == run
        else { return nil }
        let work = PromotionWork(promotion, principal: .server, in: transaction)
        guard case .here(let policy, let basis) = try work.world(), current.basis.difference(to: basis) == nil,
            let demand = policy.gates(for: promotion.model).first(where: { $0.name == gate }),
            let candidate = try transaction.version(
                model: promotion.model, number: promotion.version, space: promotion.source)
        else { return nil }
        self.demand = demand
        self.policy = policy
        subject = GateSubject(
            promotion: number, candidate: candidate,
            champion: try transaction.champion(of: promotion.model, in: promotion.target), source: promotion.source,
            target: promotion.target)
    }
}

extension GateReport {
    /// As it can be kept: JSON has no infinite numbers, and a report answers for the gate that was asked.
    func storable(named name: String, of kind: GateKind) -> GateReport {
        var report = self
        report.gate = name
        report.kind = kind
        if report.outcome == .pending {
            report.outcome = .error
            report.summary = "the gate ended without a result"
        }
        report.figures = figures.map { figure in
            var figure = figure
            for path in [\GateFigure.candidate, \GateFigure.champion] {
                if let value = figure[keyPath: path], !value.isFinite {
                    figure[keyPath: path] = nil
                    figure.note = [figure.note, "\(value)"].compactMap { $0 }.joined(separator: "; ")
                }
            }
            if let interval = figure.interval, !interval.lowerBound.isFinite || !interval.upperBound.isFinite {
                figure.interval = nil
            }
            return figure
        }
        return report
    }
}
