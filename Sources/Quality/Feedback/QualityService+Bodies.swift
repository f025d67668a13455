package import Journal
import Synchronization

extension QualityService {
    /// Bodies of feedback that are in memory at once; each may have some tens of megabytes.
    static let mostBodies = 4

    /// Makes room for a body; `endFeedback` gives it back. Throws `unavailable` where there is none.
    package func beginFeedback() throws(ControlError) {
        let hasRoom = bodies.withLock { bodies in
            guard bodies < Self.mostBodies else { return false }
            bodies += 1
            return true
        }
        guard hasRoom else {
            throw ControlError(
                .unavailable, "\(Self.mostBodies) bodies of feedback are being taken in", hint: "try again in a moment")
        }
    }

    package func endFeedback() { bodies.withLock { $0 -= 1 } }
}

extension FeedbackReceipt {
    /// With those that were refused before anybody looked for their predictions.
    package mutating func add(refusals other: FeedbackReceipt) {
        for refusal in other.refusals { refuse(refusal) }
        refused += other.refused - other.refusals.count
    }
}
