package import Journal

/// What the runs of a rule so far say about the next.
package struct RuleHistory: Sendable, Hashable {
    /// Runs that have not ended.
    package var open = 0
    package var lastEnded: Timestamp?
    /// Runs in a row, up to the last, that did not succeed; cancelled ones do not count.
    package var failures = 0
    /// When the last run that succeeded was started.
    package var lastSuccess: Timestamp?
    /// The newest alert that a run which succeeded, or is still open, was begun for.
    package var lastAlert = 0

    package init() {}

    /// From the newest run to the oldest.
    package init(newestFirst runs: [RetrainingRun]) {
        var isCounting = true
        for run in runs {
            if run.state.isOpen { open += 1 }
            if let ended = run.endedAt { lastEnded = max(lastEnded ?? ended, ended) }
            switch run.state {
            case .succeeded:
                isCounting = false
                if lastSuccess == nil { lastSuccess = run.startedAt ?? run.requestedAt }
            case .failed, .timedOut, .interrupted: failures += isCounting ? 1 : 0
            case .queued, .running, .cancelled: break
            }
            if run.state.isOpen || run.state == .succeeded || run.state == .cancelled {
                lastAlert = max(lastAlert, run.cause.alert ?? 0)
            }
        }
    }

    /// Until when no run begins by itself; `nil` where nothing stands in the way of time.
    package func coolUntil(_ rule: RetrainingRule) -> Timestamp? {
        guard let lastEnded, rule.coolDownSeconds > 0 else { return nil }
        let longest = max(rule.coolDownSeconds, 86_400)
        // Each failure in a row doubles it: what fails each time must not fail all the time.
        let seconds = min(longest, rule.coolDownSeconds << min(failures, 16))
        return Timestamp(microseconds: lastEnded.microseconds + seconds * 1_000_000)
    }
}
