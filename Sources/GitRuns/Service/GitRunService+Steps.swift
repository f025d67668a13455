import Documents
import Journal
import Synchronization

/// What a run's steps do. Each gives the event that came of it, and can be carried out again.
extension GitRunService {
    func perform(_ step: RunStep, of run: GitRun) async -> GitRunEvent {
        do {
            switch step.kind {
            case .clone: return try await clone(run)
            case .validate, .build, .test: return await carryOutCommands(step.kind, of: run)
            case .data: return try await pushData(run)
            case .push: return try await pushModel(run)
            case .promote: return try await promote(step, run)
            case .deploy: return try await deploy(step, run)
            }
        } catch {
            return Self.event(of: error, in: step.kind, run) { looked.withLock { $0[run.number] = nil } }
        }
    }

    /// - Parameter soon: has the run looked at again although nothing has changed.
    private static func event(
        of error: ControlError, in kind: RunStep.Kind, _ run: GitRun, soon: () -> Void
    ) -> GitRunEvent {
        guard kind.isDelivery else { return .failed(error.description) }
        switch error.code {
        case .refused, .conflict: return .blocked(error.description)
        case .unavailable, .storageFull, .internalFailure:
            soon()
            return .waits("\(error.description); it is tried again")
        default: return .failed(error.description)
        }
    }

    // MARK: - Data and model

    private func pushData(_ run: GitRun) async throws(ControlError) -> GitRunEvent {
        var evidence: [String: String] = [:]
        var words: [String] = []
        for file in run.life.pipeline?.data ?? [] {
            let data = try await delivery.push(
                DataDelivery(
                    run: run, root: folders.checkout(run.number), file: file, space: file.space ?? run.space))
            evidence[data.name] = "\(data.name):\(data.version)"
            evidence["\(data.name).sha256"] = data.sha256
            words.append(data.words + (data.isNew ? "" : " (as before)"))
        }
        return .succeeded(words.joined(separator: ", "), evidence: evidence)
    }

    private func pushModel(_ run: GitRun) async throws(ControlError) -> GitRunEvent {
        guard let model = run.life.pipeline?.model else { return .succeeded("there is no model to push") }
        // Committed together with the version: a server that was killed right after it must not push a second one.
        if let known = try await store.read({ try $0.version(ofGitRun: run.number) }) {
            return Self.pushed(known)
        }
        let data = run.life.steps.first { $0.kind == .data }?.evidence ?? [:]
        let pushed = try await delivery.push(
            ModelDelivery(
                run: run, root: folders.checkout(run.number), model: model,
                dataSet: model.dataSet.map { data[$0] ?? $0 },
                dataDigest: model.dataSet.flatMap { data["\($0).sha256"] }, address: address(run)))
        return Self.pushed(pushed)
    }

    private static func pushed(_ version: PushedVersion) -> GitRunEvent {
        .pushed(
            version,
            message: version.isNew ? "pushed \(version.label)" : "\(version.label) has these bytes: no new version",
            evidence: ["version": version.label, "isNew": String(version.isNew)])
    }

    // MARK: - Promotion and deployment

    private func promote(_ step: RunStep, _ run: GitRun) async throws(ControlError) -> GitRunEvent {
        guard let version = run.life.pushed, let pipeline = run.life.pipeline, let target = step.space,
            let place = pipeline.promote.firstIndex(of: target)
        else { return .failed("there is nothing to promote") }
        let progress = try await delivery.promote(
            PromotionWish(
                run: run, version: version, source: place == 0 ? run.space : pipeline.promote[place - 1],
                target: target, number: step.evidence["promotion"].flatMap { Int($0) }))
        var evidence: [String: String] = [:]
        evidence["promotion"] = progress.number.map { String($0) }
        if case .open = progress.standing { evidence["waitsFor"] = progress.isChecking ? "gates" : "approval" }
        let name = progress.number.map { "promotion \($0) to \(target)" } ?? target
        switch progress.standing {
        case .open(let what): return .waits("\(name): \(what)", evidence: evidence)
        case .done(let what): return .succeeded(what, evidence: evidence)
        case .ended(let why): return .blocked("\(name): \(why)", evidence: evidence)
        }
    }

    private func deploy(_ step: RunStep, _ run: GitRun) async throws(ControlError) -> GitRunEvent {
        guard let version = run.life.pushed, let deployment = run.target else {
            return .failed("there is nothing to deploy")
        }
        let progress = try await delivery.deploy(
            DeployWish(
                run: run, version: version, deployment: deployment,
                rollout: step.evidence["rollout"].flatMap { Int($0) }))
        var evidence: [String: String] = [:]
        evidence["endpoint"] = deployment.endpoint
        evidence["rollout"] = progress.rollout.map { String($0) }
        evidence["revision"] = progress.revision.map { String($0) }
        evidence["rolledBackTo"] = progress.equals.map { String($0) }
        switch progress.standing {
        case .open(let what): return .waits(what, evidence: evidence)
        case .done(let what): return .succeeded(what, evidence: evidence)
        case .ended(let why): return .blocked(why, evidence: evidence)
        }
    }
}
