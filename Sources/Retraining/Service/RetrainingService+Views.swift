package import Journal
import Synchronization

/// A rule with how it stands.
package struct RuleView: Sendable, Hashable {
    package var rule: RetrainingRule
    /// When its schedule names a moment next.
    package var next: Timestamp?
    /// Why nothing is begun, where there is a reason to.
    package var note: String
    package var lastRun: RetrainingRun?
}

extension RetrainingService {
    /// A run of the space; `notFound` where there is none with this number.
    package func show(_ number: Int, space: String) async throws(ControlError) -> RetrainingRun {
        guard let run = try await store.read({ try $0.run(number, space: space) }) else {
            throw ControlError(
                .notFound, "there is no retraining run \(number) in space '\(Name.excerpt(of: space))'", field: "run",
                hint: "`slipway retraining list` shows those there are")
        }
        return run
    }

    /// Newest first; `after` is what the page before ended with.
    package func list(
        _ filter: RunFilter, after: String? = nil, limit: Int = PageLimit.standard
    ) async throws(ControlError) -> Listing<RetrainingRun> {
        let before = after.flatMap { Int($0) }
        if let after, before == nil {
            throw ControlError(.invalid, "'\(Name.excerpt(of: after))' is no run's number", field: "after")
        }
        let limit = PageLimit.clamp(limit)
        let found = try await store.read { try $0.runs(filter, before: before, limit: limit + 1) }
        return Page.cut(found, limit: limit) { String($0.number) }
    }

    /// The end of a run's log. `notFound` where the run is, but its log is not there any more, or not yet.
    package func log(
        _ number: Int, space: String, lastBytes: Int
    ) async throws(ControlError) -> (text: String, bytes: Int) {
        let run = try await show(number, space: space)
        let folders = folders
        guard let log = await diskThreads.run({ folders.readLog(number, lastBytes: lastBytes) }) else {
            throw ControlError(
                .notFound, "\(run.title) has no log" + (run.state == .queued ? " yet: it waits" : ""), field: "run",
                hint: "a webhook's run has none here, and only the newest \(RunFolder.keptLogs) logs are kept")
        }
        return log
    }

    /// The rules of an endpoint, in their order.
    package func rules(_ endpoint: String, space: String) async throws(ControlError) -> [RuleView] {
        let rules = watched.withLock { $0[EndpointPlace(space: space, endpoint: endpoint)] ?? [] }
        var views: [RuleView] = []
        for rule in rules {
            let filter = RunFilter(space: space, endpoint: endpoint, rule: rule.watch.rule.name)
            let last = try await store.read { try $0.runs(filter, before: nil, limit: 1).first }
            var view = RuleView(rule: rule.watch.rule, note: rule.note, lastRun: last)
            if case .schedule(let schedule) = rule.watch.rule.trigger, rule.watch.rule.enabled {
                view.next = schedule.next(after: now)
            }
            views.append(view)
        }
        return views
    }

    /// Throws unless a push may call itself the run's: it runs, it is about this model, and whoever pushes has its key.
    ///
    /// - Parameters:
    ///   - key: the id of the caller's key.
    ///   - isOpen: whether the server asks nobody who they are.
    package func admit(
        run number: Int, model: String, space: String, key: String?, isOpen: Bool
    ) async throws(ControlError) {
        let run = try await store.read { try $0.run(number, space: nil) }
        guard let run, run.modelSpace == space, run.model == model, run.state == .running else {
            throw ControlError(
                .refused, "no retraining run \(number) of '\(Name.excerpt(of: model))' is under way in '\(space)'",
                field: "run", hint: "SLIPWAY_RUN names the run; leave it out for a push of your own")
        }
        if case .webhook = run.rule.action { return }
        guard isOpen || key != nil && key == run.keyID else {
            throw ControlError(
                .refused, "only the key that \(run.title) was given may push in its name", field: "run",
                hint: "it is in the run's SLIPWAY_TOKEN")
        }
    }

    /// The run that pushed a version, and the endpoint's last run: what `slipway why` tells.
    package func story(
        of model: String, version: Int?, endpoint: String, space: String
    ) async throws(ControlError) -> (pushed: RetrainingRun?, last: RetrainingRun?) {
        try await store.read { transaction in
            (
                try version.flatMap { try transaction.run(thatPushed: model, version: $0) },
                try transaction.runs(RunFilter(space: space, endpoint: endpoint), before: nil, limit: 1).first
            )
        }
    }
}
