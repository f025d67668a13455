import Identity
import Journal

/// What happened, in sentences for people.
extension PromotionStep {
    package var text: String {
        switch event {
        case .requested(let reason): reason.isEmpty ? "asked for" : "asked for: \(reason)"
        case .checking(let run): run.words
        case .reported(_, let report): "\(report.gate): \(report.verdict)"
        case .stale(let reason): "the evidence is out of date, the gates run again: \(reason)"
        case .approved(_, let comment): comment.isEmpty ? "approved" : "approved: \(comment)"
        case .rejected(let reason): "rejected: \(reason)"
        case .withdrawn(let reason): reason.isEmpty ? "withdrawn" : "withdrawn: \(reason)"
        case .superseded(let reason): "ended: \(reason)"
        case .failed(let reason): "failed: \(reason)"
        case .applied: "applied: the version is available in the target space"
        }
    }
}

extension PromotionRun {
    fileprivate var words: String {
        let names = gates.isEmpty ? "no gate" : gates.map(\.name).joined(separator: ", ")
        let champion = basis.champion.map { "against \($0)" } ?? "without a champion"
        return "run \(number) of the gates \(champion), policy revision \(basis.policyRevision): \(names)"
    }
}

extension GateReport {
    /// `failed: accuracy is 0.88, at least 0.9`
    package var verdict: String {
        summary.isEmpty
            ? outcome.rawValue : "\(outcome == .error ? "could not be carried out" : outcome.rawValue): \(summary)"
    }
}

extension GateFigure {
    /// `accuracy in region=north is 0.88 (at least 0.9; champion 0.91)`
    package var sentence: String {
        let place = segment.map { " in \($0)" } ?? ""
        let value = candidate.map(Self.text) ?? "not defined"
        let beside = [limit, champion.map { "champion \(Self.text($0))" }, note].compactMap { $0 }
        return "\(name)\(place) is \(value)" + (beside.isEmpty ? "" : " (\(beside.joined(separator: "; ")))")
    }

    /// Six digits that matter, whole numbers as such.
    private static func text(_ value: Double) -> String {
        if let whole = Int(exactly: value) { return String(whole) }
        guard value.isFinite, abs(value) >= 1e-4, abs(value) < 1e9 else { return value.description }
        var scale = 1e6
        var size = abs(value)
        while size >= 1, scale > 1 {
            size /= 10
            scale /= 10
        }
        return ((value * scale).rounded() / scale).description
    }
}

extension PromotionView {
    /// Why it ended, or what is waited for, in one sentence.
    package var message: String {
        let life = promotion.life
        switch life.state {
        case .checking:
            let names = life.outstanding.map(\.name).joined(separator: ", ")
            return names.isEmpty ? "the gates begin" : "waiting for the gates \(names)"
        case .awaitingApproval:
            if let staleness {
                return "the evidence is out of date, the next approval runs the gates again: \(staleness)"
            }
            let roles = (life.run?.approvals.roles ?? []).map(\.rawValue).joined(separator: " or ")
            let count = life.missingApprovals
            return "needs \(count) more approval\(count == 1 ? "" : "s") by \(roles)"
        case .applied: return "\(promotion.label) is available in \(promotion.target)"
        case .failed, .rejected, .superseded, .withdrawn: return life.ending
        }
    }
}
