package import Journal

/// What evidence was gathered against. Once any of it is another, the evidence says nothing about the world of now.
package struct PromotionBasis: Sendable, Hashable, Codable {
    /// The target space's.
    package var policyRevision: Int
    /// What is live of the model in the target space, as `churn:2`; `nil` when nothing is.
    package var champion: String?
    /// The last promotion that brought a version of the model into the target space; 0 before the first.
    package var lastApplied: Int

    package init(policyRevision: Int, champion: String?, lastApplied: Int) {
        self.policyRevision = policyRevision
        self.champion = champion
        self.lastApplied = lastApplied
    }

    /// What has changed since, in a few words; `nil` when nothing has.
    package func difference(to now: PromotionBasis) -> String? {
        var changes: [String] = []
        if policyRevision != now.policyRevision {
            changes.append("the policy is at revision \(now.policyRevision), the checks ran under \(policyRevision)")
        }
        if champion != now.champion {
            changes.append(
                "\(now.champion ?? "nothing") is live now, the checks ran against \(champion ?? "nothing")")
        }
        if lastApplied != now.lastApplied {
            changes.append("promotion \(now.lastApplied) brought another version there meanwhile")
        }
        return changes.isEmpty ? nil : changes.joined(separator: "; ")
    }
}

/// A gate of one run, and until when an outside check may be reported.
package struct PlannedGate: Sendable, Hashable, Codable {
    package var name: String
    package var kind: GateKind
    /// Only for `external`.
    package var deadline: Timestamp?

    package init(name: String, kind: GateKind, deadline: Timestamp? = nil) {
        self.name = name
        self.kind = kind
        self.deadline = deadline
    }
}

/// One run of the gates of a promotion: against what, which gates, and who has to approve afterwards.
package struct PromotionRun: Sendable, Hashable, Codable {
    /// 1, 2, 3 ... for each promotion.
    package var number: Int
    package var basis: PromotionBasis
    package var gates: [PlannedGate]
    package var approvals: ApprovalDemand

    package init(number: Int, basis: PromotionBasis, gates: [PlannedGate], approvals: ApprovalDemand) {
        self.number = number
        self.basis = basis
        self.gates = gates
        self.approvals = approvals
    }
}
