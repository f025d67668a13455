import Journal

/// What becomes of what a run pushed: through the same services as a person's orders, in the server's name.
extension RetrainingService {
    /// What cannot be asked just now is asked again, for so long.
    private static let patience = 3_600_000_000

    func follow(_ run: RetrainingRun) async throws(ControlError) {
        guard run.followUp.isOpen, let then = run.rule.then, let version = run.version else { return }
        var next = run.followUp
        do {
            try await follow(run, then, version, &next)
        } catch {
            let isPassing = [.unavailable, .storageFull, .internalFailure].contains(error.code)
            let since = (run.endedAt ?? now).microseconds
            if isPassing, now.microseconds - since < Self.patience {
                next.message = error.description
            } else {
                next.state = .refused
                next.message = error.description
            }
        }
        guard next != run.followUp else { return }
        try await keep(next, of: run)
    }

    private func follow(
        _ run: RetrainingRun, _ then: RetrainingRule.Then, _ version: Int, _ next: inout RetrainingRun.FollowUp
    ) async throws(ControlError) {
        if let space = then.promoteTo {
            guard let promotion = next.promotion else {
                next.promotion = try await outside.following.promote(run, version: version, to: space)
                next.state = .promoting
                next.message = "promotion \(next.promotion ?? 0) to \(space) is under way"
                return
            }
            switch try await outside.following.promotion(promotion, space: space) {
            case .open(let what):
                next.message = "promotion \(promotion) to \(space): \(what)"
                return
            case .ended(let why):
                next.state = .refused
                next.message = "promotion \(promotion) to \(space) ended: \(why)"
                return
            case .applied: break
            }
        }
        if let document = then.rollout {
            let number = try await outside.following.rollOut(run, version: version, document: document)
            next.rollout = number
            next.message = "rollout \(number) of \(run.endpoint) was begun"
        } else {
            next.message = "promotion \(next.promotion ?? 0) was applied"
        }
        next.state = .done
    }

    private func keep(_ next: RetrainingRun.FollowUp, of run: RetrainingRun) async throws(ControlError) {
        let mutation = Mutation(principal: .automation, space: run.space, idempotency: nil)
        _ = try await store.commit(mutation) { transaction in
            guard var current = try transaction.run(run.number, space: nil), current.followUp == run.followUp else {
                return Change(false, event: nil)
            }
            current.followUp = next
            try transaction.save(current)
            // What is only waited for is no event.
            guard next.state != run.followUp.state else { return Change(true, event: nil) }
            var detail = ["state": next.state.rawValue, "message": next.message]
            detail["version"] = run.version.map { "\(run.model):\($0)" }
            detail["promotion"] = next.promotion.map { String($0) }
            detail["rollout"] = next.rollout.map { String($0) }
            return Change(true, event: current.event("retraining.followed", detail))
        }
        try await publish()
    }
}

extension RetrainingRun {
    /// What happened to the run, for the audit.
    func event(_ action: String, _ detail: [String: String]) -> AuditDraft {
        var detail = detail
        detail["run"] = String(number)
        detail["rule"] = rule.name
        detail["model"] = model
        if let alert = cause.alert { detail["alert"] = String(alert) }
        return AuditDraft(action: action, subject: endpoint, detail: detail)
    }
}
