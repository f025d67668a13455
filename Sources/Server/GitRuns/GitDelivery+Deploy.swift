import Deployments
import Documents
import GitRuns
import Governance
import Journal
import Serving

/// How a run's version comes to answer.
extension GitDelivery {
    func check(rollout: DocumentValue) throws(ControlError) {
        _ = try RolloutDraft(document: Self.document(rollout, version: 1, reason: ""))
    }

    func deploy(_ wish: DeployWish) async throws(ControlError) -> DeployProgress {
        let (version, target) = (wish.version, wish.deployment)
        if let number = wish.rollout { return try await progress(number, target) }
        guard let live = try await live(target) else {
            return try await deploy(wish, options: EndpointOptions())
        }
        guard live.model == version.model else {
            throw ControlError(
                .conflict,
                "endpoint '\(target.endpoint)' of \(target.space) serves the model '\(live.model)', not "
                    + "'\(version.model)'", field: "pipeline.deploy.as")
        }
        // Nothing answers there that could be led away from.
        guard live.isLoaded else { return try await deploy(wish, options: live.options) }
        if live.version == version.number {
            return DeployProgress(
                standing: .done("\(version.label) is live at '\(target.endpoint)' in \(target.space) already"),
                revision: live.revision)
        }
        // Only a newer one is taken back: what was undone here is not done again by a commit that brings the same bytes.
        if version.number < live.version, let past = try await past(version, target, before: live.revision) {
            return try await goBack(wish, to: past)
        }
        if let open = try await open(version, target) { return try await progress(open, target) }
        let policy = try await deployments.policy(of: target.space)
        guard let document = target.rollout ?? Self.demanded(by: policy) else {
            return try await deploy(wish, options: live.options)
        }
        let rollout = try await rollouts.start(
            target.endpoint, space: target.space,
            document: Self.document(document, version: version.number, reason: Self.reason(wish.run)),
            principal: wish.run.principal, idempotencyKey: "git-run-\(wish.run.number)-rollout")
        return try await progress(rollout.number, target)
    }

    /// A deploy over what serves would be a way around the approvals of a rollout.
    private static func demanded(by policy: Governance.SpacePolicy) -> DocumentValue? {
        policy.rolloutApprovals.count > 0 ? .mapping(["strategy": .text(RolloutStrategy.blueGreen.words)]) : nil
    }

    private func live(_ target: GitPipeline.Deployment) async throws(ControlError) -> Deployment? {
        do { return try await deployments.show(target.endpoint, space: target.space) } catch {
            guard error.code == .notFound else { throw error }
            // Only the endpoint may be missing.
            _ = try await deployments.policy(of: target.space)
            return nil
        }
    }

    private func deploy(
        _ wish: DeployWish, options: EndpointOptions
    ) async throws(ControlError) -> DeployProgress {
        let target = wish.deployment
        let now = try await deployments.deploy(
            endpoint: target.endpoint, space: target.space, model: wish.version.model, version: wish.version.number,
            options: options, reason: Self.reason(wish.run), principal: wish.run.principal,
            idempotencyKey: "git-run-\(wish.run.number)-deploy")
        return DeployProgress(
            standing: .done(
                "\(wish.version.label) is live at '\(target.endpoint)' in \(target.space), as revision \(now.revision)"),
            revision: now.revision)
    }

    // MARK: - Back

    /// The last revision, of this life of the endpoint, that served the version.
    private func past(
        _ version: PushedVersion, _ target: GitPipeline.Deployment, before revision: Int
    ) async throws(ControlError) -> Revision? {
        try await deployments.history(target.endpoint, space: target.space)
            .prefix { $0.action != .delete }
            .first { $0.number < revision && $0.version == version.number && $0.action != .unload }
    }

    private func goBack(_ wish: DeployWish, to past: Revision) async throws(ControlError) -> DeployProgress {
        let target = wish.deployment
        let now = try await deployments.rollBack(
            target.endpoint, space: target.space, to: past.number,
            reason: "\(Self.reason(wish.run)) has the bytes of \(wish.version.label)", principal: wish.run.principal,
            idempotencyKey: "git-run-\(wish.run.number)-rollback")
        return DeployProgress(
            standing: .done(
                "\(wish.version.label) is live again at '\(target.endpoint)' in \(target.space): rolled back to revision "
                    + "\(past.number), as revision \(now.revision)"),
            revision: now.revision, equals: past.number)
    }

    // MARK: - Rollouts

    private func open(
        _ version: PushedVersion, _ target: GitPipeline.Deployment
    ) async throws(ControlError) -> Int? {
        guard let open = try await rollouts.open(space: target.space)[target.endpoint], open.state.isExclusive,
            open.spec.candidates.contains(where: { $0.version == version.number })
        else { return nil }
        return open.number
    }

    private func progress(
        _ number: Int, _ target: GitPipeline.Deployment
    ) async throws(ControlError) -> DeployProgress {
        let rollout = try await rollouts.show(target.endpoint, space: target.space, number: number).rollout
        let message = rollout.life.message.isEmpty ? "" : ": \(rollout.life.message)"
        switch rollout.state {
        case .preparing, .awaitingApproval, .running, .paused, .watching:
            return DeployProgress(standing: .open("\(rollout.title)\(message)"), rollout: number)
        case .aborted, .rolledBack, .expired:
            return DeployProgress(standing: .ended("\(rollout.title)\(message)"), rollout: number)
        case .promoted:
            let revision = try await live(target)?.revision
            return DeployProgress(
                standing: .done(
                    "\(rollout.targets) is live at '\(target.endpoint)' in \(target.space), by rollout \(number)"),
                rollout: number, revision: revision)
        }
    }

    func abort(
        rollout: Int, endpoint: String, space: String, run: GitRun, reason: String
    ) async throws(ControlError) {
        let now = try await rollouts.show(endpoint, space: space, number: rollout).rollout
        // Somebody else may have begun it; then it is theirs.
        guard now.state.isOpen, now.requestedBy == run.principal.id else { return }
        _ = try await rollouts.abort(
            endpoint, space: space, number: rollout, reason: String(reason.prefix(1000)), principal: run.principal)
    }

    /// The pipeline's rollout, about this version; a reason that somebody wrote there stays.
    private static func document(_ rollout: DocumentValue, version: Int, reason: String) -> DocumentValue {
        guard case .mapping(var members) = rollout else { return rollout }
        members["to"] = .whole(version)
        if members["reason"] == nil, !reason.isEmpty { members["reason"] = .text(String(reason.prefix(1000))) }
        return .mapping(members)
    }
}
