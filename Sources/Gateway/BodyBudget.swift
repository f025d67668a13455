import Synchronization

/// The memory that the bodies of all requests together may take, over all protocols: each alone is bounded by its endpoint,
/// but thousands of connections may send one each.
///
/// Bytes count as they come, not as they are announced: an announcement costs nobody anything.
package final class BodyBudget: Sendable {
    /// Bodies up to these many bytes are free: counting them would cost more than it guards.
    package static let free = 64 << 10

    /// Bytes of all bodies beyond `free`.
    package let limit: Int
    private let taken = Atomic<Int>(0)

    package init(bytes: Int) {
        limit = max(0, bytes)
    }

    /// Whether a body of `count` bytes would find room now. Nothing is taken.
    package func hasRoom(for count: Int) -> Bool {
        count <= Self.free || count <= limit - taken.load(ordering: .relaxed)
    }

    fileprivate func take(_ count: Int) -> Bool {
        let sum = taken.wrappingAdd(count, ordering: .relaxed).newValue
        if sum <= limit { return true }
        giveBack(count)
        return false
    }

    fileprivate func giveBack(_ count: Int) { taken.wrappingSubtract(count, ordering: .relaxed) }
}

/// What one body takes of the budget, for as long as somebody holds this.
package final class BodyShare: Sendable {
    /// Bytes are taken in pieces of this size, so that a body that trickles in does not count at each read.
    private static let piece = 256 << 10

    package let budget: BodyBudget
    private let taken = Atomic<Int>(0)

    package init(_ budget: BodyBudget) {
        self.budget = budget
    }

    deinit {
        let all = taken.load(ordering: .relaxed)
        if all > 0 { budget.giveBack(all) }
    }

    /// Makes the share large enough for a body of `count` bytes; false when there is no room. Called by one thread at a
    /// time.
    package func grow(to count: Int) -> Bool {
        let before = taken.load(ordering: .relaxed)
        guard count > BodyBudget.free, count > before else { return true }
        // Up to a whole piece where there is room for it, else what is needed.
        let rounded = count.addingReportingOverflow(Self.piece - 1)
        let whole = rounded.overflow ? count : rounded.partialValue / Self.piece * Self.piece
        for wanted in [whole, count] where budget.take(wanted - before) {
            taken.store(wanted, ordering: .relaxed)
            return true
        }
        return false
    }

    /// Gives back what is beyond `count` bytes.
    package func shrink(to count: Int) {
        let before = taken.load(ordering: .relaxed)
        let after = count > BodyBudget.free ? min(before, count) : 0
        taken.store(after, ordering: .relaxed)
        if before > after { budget.giveBack(before - after) }
    }
}
