package import Documents
package import Journal

/// The alerts of an endpoint that are firing now.
package protocol FiringAlerts: Sendable {
    func firing(space: String, endpoint: String) async -> [FiringAlert]
}

/// Predictions whose truth is known.
package protocol LabelledRows: Sendable {
    /// Rows that have got their truth since a moment; `nil` where nobody counts them.
    func joined(space: String, endpoint: String, since: Timestamp) async -> Int?
    /// Writes the newest of them as CSV: inputs as columns, the prediction, the truth. False where there are none.
    func export(space: String, endpoint: String, rows: Int, to path: String) async throws(ControlError) -> Bool
}

/// Predictions as they are written down.
package protocol WrittenRows: Sendable {
    /// Writes the newest of them as CSV; cuts off at `bytes`. False where there are none.
    func export(space: String, endpoint: String, bytes: Int, to path: String) async throws(ControlError) -> Bool
}

/// Keys for runs.
package protocol RunKeys: Sendable {
    /// A key that may push models into the space until it expires; `nil` on a server that asks nobody who they are.
    func issue(
        run: Int, space: String, expiresAt: Timestamp
    ) async throws(ControlError) -> (id: String, token: String)?
    func revoke(_ id: String) async throws(ControlError)
}

/// How a promotion stands.
package enum PromotionStanding: Sendable, Hashable {
    /// What it waits for.
    case open(String)
    case applied
    /// Why it will not come to anything.
    case ended(String)
}

/// What is done with what a run pushed, through the same services as a person's orders.
package protocol RunFollowing: Sendable {
    /// Throws `invalid` for a document that is no rollout's.
    func check(rollout: DocumentValue) throws(ControlError)
    /// Asks for the promotion of the run's version; gives its number.
    func promote(_ run: RetrainingRun, version: Int, to space: String) async throws(ControlError) -> Int
    func promotion(_ number: Int, space: String) async throws(ControlError) -> PromotionStanding
    /// Begins the rollout of the run's version; gives its number.
    func rollOut(
        _ run: RetrainingRun, version: Int, document: DocumentValue
    ) async throws(ControlError) -> Int
}

/// Tells other systems of runs that are theirs to do.
package protocol RunWebhooks: Sendable {
    /// Throws `invalid` for what is no address of a webhook.
    func check(url: String) throws(ControlError)
    /// Sees to it that the address hears of the run; returns once that is kept.
    func send(_ run: RetrainingRun, to url: String) async throws(ControlError)
}

/// What retraining has to do with, beside its own records.
package struct RetrainingSurroundings: Sendable {
    /// `nil` where nothing raises alerts.
    package var alerts: (any FiringAlerts)?
    /// `nil` where no truth is told.
    package var labelled: (any LabelledRows)?
    package var written: any WrittenRows
    package var keys: any RunKeys
    package var following: any RunFollowing
    /// `nil` where nothing is sent.
    package var webhooks: (any RunWebhooks)?

    package init(
        alerts: (any FiringAlerts)? = nil, labelled: (any LabelledRows)? = nil, written: any WrittenRows,
        keys: any RunKeys, following: any RunFollowing, webhooks: (any RunWebhooks)? = nil
    ) {
        self.alerts = alerts
        self.labelled = labelled
        self.written = written
        self.keys = keys
        self.following = following
        self.webhooks = webhooks
    }
}
