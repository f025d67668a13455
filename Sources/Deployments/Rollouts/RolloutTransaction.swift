package import Journal

/// Which rollouts a list is about.
package struct RolloutFilter: Sendable, Hashable {
    package var space: String
    package var endpoint: String?
    /// Only those that something can still happen to.
    package var onlyOpen: Bool

    package init(space: String, endpoint: String? = nil, onlyOpen: Bool = false) {
        self.space = space
        self.endpoint = endpoint
        self.onlyOpen = onlyOpen
    }
}

/// What was live at an endpoint at some moment.
package struct LiveRecord: Sendable, Hashable {
    /// `nil` where nothing was.
    package var revision: Revision?
    /// A rollout that shared the traffic then, with what each variant got of ten thousand.
    package var rollout: Rollout?
    package var weights: [Int]

    package init(revision: Revision?, rollout: Rollout? = nil, weights: [Int] = []) {
        self.revision = revision
        self.rollout = rollout
        self.weights = weights
    }
}

/// What rollouts need of the database.
package protocol RolloutTransaction {
    /// The time that everything in this transaction happens at.
    var time: Timestamp { get }
    func rollout(_ number: Int, endpoint: String, space: String) throws -> Rollout?
    /// The one that something can still happen to; there is at most one for an endpoint.
    func openRollout(endpoint: String, space: String) throws -> Rollout?
    /// The number of the last one; 0 when there was none.
    func lastRollout(endpoint: String, space: String) throws -> Int
    /// Newest first, those with an id below `before`, at most `limit`.
    func rollouts(_ filter: RolloutFilter, before: Int?, limit: Int) throws -> [Rollout]
    /// In every space, oldest first.
    func openRollouts() throws -> [Rollout]
    /// Keeps it with its steps, and holds on to the versions that it is about.
    func insert(_ rollout: Rollout) throws
    /// Keeps its steps from `step` on, counted from 0, and its state of now.
    func save(_ rollout: Rollout, from step: Int) throws
}
