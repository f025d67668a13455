package import Documents

/// One rule of a monitor: when a model is to be trained again, how, and what becomes of what comes out.
package struct RetrainingRule: Sendable, Hashable {
    /// What begins a run by itself.
    package enum Trigger: Sendable, Hashable {
        /// Nothing does: runs are asked for.
        case manual
        case schedule(CronSchedule)
        /// So many rows have got their truth since the last run that succeeded.
        case labelledRows(Int)
        /// An alert of the rule, or of the kind, with this name is firing.
        case alert(String)
        /// Files have come into the folder or have changed there.
        case folder(String)
    }

    /// What a run is.
    package enum Action: Sendable, Hashable {
        /// The words of a command, and the absolute path of its working folder; the run's own folder where it is `nil`.
        case command([String], folder: String?)
        /// Another system is told, and reports back.
        case webhook(String)
    }

    /// What is done with what a run pushed: a promotion, then a rollout; either may be absent.
    package struct Then: Sendable, Hashable {
        /// The space to promote to.
        package var promoteTo: String?
        /// A rollout's document but for `to`.
        package var rollout: DocumentValue?

        package init(promoteTo: String? = nil, rollout: DocumentValue? = nil) {
            self.promoteTo = promoteTo
            self.rollout = rollout
        }
    }

    package var name: String
    package var enabled = true
    package var trigger: Trigger
    package var action: Action
    /// Seconds from the end of one run to the start of the next; it doubles with each failure in a row, up to a day.
    package var coolDownSeconds = Self.defaultCoolDownSeconds
    /// Runs of this rule at once.
    package var concurrent = 1
    /// Rows of `labelled.csv` at most, the newest.
    package var rows = 100_000
    package var limits = RunLimits()
    package var then: Then?

    package static let defaultCoolDownSeconds = 3600

    package init(name: String, trigger: Trigger, action: Action) {
        self.name = name
        self.trigger = trigger
        self.action = action
    }

    /// Whether it has the server touch its own machine: start a command, or look into a folder.
    package var needsCommands: Bool {
        if case .folder = trigger { return true }
        if case .command = action { return true }
        return false
    }
}

extension RetrainingRule.Trigger {
    /// For people: `each 0 3 * * * (UTC)`.
    package var sentence: String {
        switch self {
        case .manual: "only when asked for"
        case .schedule(let schedule): "at \(schedule.text) (UTC)"
        case .labelledRows(let count): "after \(count) new labelled rows"
        case .alert(let name): "when the alert '\(name)' fires"
        case .folder(let path): "when files come into \(path)"
        }
    }
}

/// All retraining rules of an endpoint.
package struct RetrainingSettings: Sendable, Hashable {
    package var rules: [RetrainingRule]

    package init(rules: [RetrainingRule] = []) {
        self.rules = rules
    }
}
