/// The life of one rule at one endpoint: ok, pending, firing, and ok again. Pure; times are milliseconds of a clock that
/// only ever grows.
package struct AlertMachine: Sendable, Hashable {
    package enum State: Sendable, Hashable {
        case ok
        /// Beyond the bound since then, without a break.
        case pending(since: Int)
        /// `clearSince`: on the good side of both bounds since then, without a break.
        case firing(alert: Int, clearSince: Int?)
    }

    package enum Transition: Sendable, Hashable {
        case fire
        case resolve(alert: Int)
    }

    package private(set) var state: State

    /// - Parameter alert: the alert that is firing already.
    package init(firing alert: Int? = nil) {
        state = alert.map { .firing(alert: $0, clearSince: nil) } ?? .ok
    }

    /// Takes in what was observed. After `fire`, `fired` has to be told the alert's number before anything else; until then
    /// the machine stays where it is, so that what could not be kept comes again.
    ///
    /// - Parameters:
    ///   - hold: milliseconds that it must be beyond the bound before it fires.
    ///   - resolve: milliseconds that it must be clear before it ends.
    package mutating func handle(
        _ level: Observation.Level, at now: Int, hold: Int, resolve: Int
    ) -> Transition? {
        switch (state, level) {
        case (.pending, .unknown):
            state = .ok
            return nil
        case (.firing(let alert, _), .unknown):
            state = .firing(alert: alert, clearSince: nil)
            return nil
        case (.ok, .unknown): return nil
        case (.ok, .beyond):
            state = .pending(since: now)
            return hold <= 0 ? .fire : nil
        case (.pending(let since), .beyond): return now - since >= hold ? .fire : nil
        case (.ok, .between), (.ok, .clear): return nil
        case (.pending, .between), (.pending, .clear):
            state = .ok
            return nil
        case (.firing(let alert, .some), .beyond), (.firing(let alert, .some), .between):
            state = .firing(alert: alert, clearSince: nil)
            return nil
        case (.firing(_, nil), .beyond), (.firing(_, nil), .between): return nil
        case (.firing(let alert, let clearSince), .clear):
            let since = clearSince ?? now
            state = .firing(alert: alert, clearSince: since)
            return now - since >= resolve ? .resolve(alert: alert) : nil
        }
    }

    package mutating func fired(_ alert: Int) { state = .firing(alert: alert, clearSince: nil) }

    package mutating func resolved() { state = .ok }

    package var alert: Int? {
        if case .firing(let alert, _) = state { return alert }
        return nil
    }

    package var word: String {
        switch state {
        case .ok: "ok"
        case .pending: "pending"
        case .firing: "firing"
        }
    }
}
