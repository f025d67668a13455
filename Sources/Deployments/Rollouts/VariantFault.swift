package import Journal

/// Why a version that takes part in a rollout does not run at all: no test is needed to hold that against it.
package struct VariantFault: Sendable, Hashable {
    package enum Cause: Sendable, Hashable {
        /// It ended the server's process, at this moment; remembered until the endpoint's next revision.
        case crash(at: Timestamp)
        /// The process of its own keeps dying, and is being kept back now.
        case suspended
    }

    package var variant: String
    /// The rollout whose variant it is.
    package var rollout: Int
    package var cause: Cause
    package var sentence: String

    package init(variant: String, rollout: Int, cause: Cause, sentence: String) {
        self.variant = variant
        self.rollout = rollout
        self.cause = cause
        self.sentence = sentence
    }
}

extension Rollout {
    /// The sentence of the fault for which the version that this leads to must not stay with callers; `nil` for none.
    func fault(among faults: [VariantFault]) -> String? {
        // After a switch it is the new version that answers as stable.
        let suspects = state == .watching ? [RolloutProgress.stable] : spec.candidates.map(\.variant)
        let isStableSuspended = faults.contains { $0.variant == RolloutProgress.stable && $0.cause == .suspended }
        return faults.first { fault in
            guard fault.rollout == number, suspects.contains(fault.variant) else { return false }
            switch fault.cause {
            // An earlier crash is no news: it runs apart for that, and may be tried there. Crashes are known to the second.
            case .crash(let at): return at.microseconds / 1_000_000 >= beganAt.microseconds / 1_000_000
            // What happens to both tells nothing against one.
            case .suspended: return state == .watching || !isStableSuspended
            }
        }?.sentence
    }

    private var beganAt: Timestamp { steps.first { $0.event == .began }?.at ?? requestedAt }
}
