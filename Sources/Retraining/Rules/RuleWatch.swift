package import Journal

/// What a rule's trigger has seen so far; kept over restarts.
package struct RuleMemory: Sendable, Hashable, Codable {
    /// When the rule came into force with this trigger.
    package var since: Timestamp
    /// The trigger, in words; another one begins anew.
    package var trigger: String
    /// Up to where the schedule was looked at.
    package var considered: Timestamp
    /// What the folder held when the last run was begun for it.
    package var files: FolderListing?

    package init(since: Timestamp, trigger: String) {
        self.since = since
        self.trigger = trigger
        considered = since
    }
}

/// What the world looks like to a rule.
package struct RuleSight: Sendable, Hashable {
    package var now: Timestamp
    /// Nanoseconds that never jump.
    package var monotonic: UInt64
    package var alerts: [FiringAlert] = []
    /// Rows that have got their truth since the last run that succeeded; `nil` where nobody counts them.
    package var labelled: Int?
    /// What the folder holds; `nil` where it cannot be read.
    package var listing: FolderListing?

    package init(now: Timestamp, monotonic: UInt64) {
        self.now = now
        self.monotonic = monotonic
    }
}

/// Decides when a rule has a cause to run: no clock, no file, no database.
package struct RuleWatch: Sendable, Hashable {
    /// A folder in which something changed waits until nothing has for this long.
    package static let settleNanoseconds: UInt64 = 5_000_000_000
    /// A clock that was set back further than this leaves a schedule's place behind.
    private static let longestSetBack = 7_200_000_000

    package let rule: RetrainingRule
    package private(set) var memory: RuleMemory
    private var lastListing: FolderListing?
    private var settledSince: UInt64?

    package init(_ rule: RetrainingRule, memory: RuleMemory?, now: Timestamp) {
        self.rule = rule
        let trigger = rule.trigger.sentence
        if let memory, memory.trigger == trigger {
            self.memory = memory
        } else {
            self.memory = RuleMemory(since: now, trigger: trigger)
        }
    }

    /// The cause to run now, if there is one; it stays until `begun` is told.
    package mutating func cause(_ sight: RuleSight, _ history: RuleHistory) -> RunCause? {
        guard rule.enabled else { return nil }
        switch rule.trigger {
        case .manual: return nil
        case .schedule(let schedule): return due(schedule, sight.now)
        case .labelledRows(let count):
            guard let labelled = sight.labelled, labelled >= count else { return nil }
            return RunCause(.labelledRows, "\(labelled) rows have got their truth, \(count) are asked for")
        case .alert(let name):
            let alert = sight.alerts.filter { $0.rule == name || $0.kind == name }.max { $0.number < $1.number }
            guard let alert, alert.number > history.lastAlert else { return nil }
            return RunCause(
                .alert, "alert \(alert.number) (\(alert.rule)) fires since \(alert.since): \(alert.evidence)",
                alert: alert.number)
        case .folder(let path): return change(in: path, sight)
        }
    }

    /// A run was begun for the cause.
    package mutating func begun(_ sight: RuleSight) {
        memory.considered = sight.now
        if case .folder = rule.trigger { memory.files = sight.listing }
    }

    /// However many moments passed while nobody looked, one run makes up for them.
    private mutating func due(_ schedule: CronSchedule, _ now: Timestamp) -> RunCause? {
        if memory.considered.microseconds - now.microseconds > Self.longestSetBack { memory.considered = now }
        guard let next = schedule.next(after: memory.considered), next <= now else { return nil }
        return RunCause(.schedule, "the schedule \(schedule.text) named \(next)")
    }

    private mutating func change(in path: String, _ sight: RuleSight) -> RunCause? {
        guard let listing = sight.listing else { return nil }
        if lastListing != listing || settledSince == nil {
            lastListing = listing
            settledSince = sight.monotonic
        }
        guard let files = memory.files else {
            // What is there when the rule comes into force is what the model was trained on.
            memory.files = listing
            return nil
        }
        guard sight.monotonic - (settledSince ?? sight.monotonic) >= Self.settleNanoseconds else { return nil }
        let new = listing.news(since: files)
        guard let first = new.first else { return nil }
        let more = new.count > 1 ? " and \(new.count - 1) more" : ""
        return RunCause(.folder, "\(Name.excerpt(of: first))\(more) came into \(path)")
    }
}
