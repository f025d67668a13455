import Synchronization

/// What loaded models take of the memory that they may have together.
///
/// Every copy that exists is in the books, from before its load until its last run has ended, whether or not anybody
/// still finds it.
final class MemoryLedger: Sendable {
    private struct State {
        var used = 0
        /// The part of `used` that goes as soon as the runs under way have ended.
        var departing = 0
    }

    /// Bytes; `nil` for no bound.
    let budget: Int?
    private let state = Mutex(State())

    init(budget: Int?) {
        self.budget = budget
    }

    /// Bytes of all copies.
    var used: Int { state.withLock { $0.used } }

    /// Enters a copy of about `bytes`, unless it would go beyond the budget.
    func reserve(_ bytes: Int) -> MemoryShare? {
        let isWithin = state.withLock { state in
            let (sum, overflow) = state.used.addingReportingOverflow(max(0, bytes))
            if overflow || sum > budget ?? .max { return false }
            state.used = sum
            return true
        }
        return isWithin ? MemoryShare(ledger: self, bytes: max(0, bytes)) : nil
    }

    /// Bytes that must go before `bytes` more fit, beyond those that are going already; 0 or less when they fit.
    func shortfall(for bytes: Int) -> Int {
        guard let budget else { return 0 }
        return state.withLock { state in
            let (sum, overflow) = (state.used - state.departing).addingReportingOverflow(max(0, bytes))
            return overflow ? .max : sum - budget
        }
    }

    fileprivate func change(used: Int, departing: Int) {
        state.withLock { state in
            state.used = max(0, state.used &+ used)
            state.departing = max(0, state.departing &+ departing)
        }
    }
}

/// One copy's entry in the books, gone with this object.
final class MemoryShare: Sendable {
    private struct State {
        var bytes: Int
        var isDeparting = false
    }

    private let ledger: MemoryLedger
    private let state: Mutex<State>

    fileprivate init(ledger: MemoryLedger, bytes: Int) {
        self.ledger = ledger
        self.state = Mutex(State(bytes: bytes))
    }

    deinit {
        let last = state.withLock { $0 }
        ledger.change(used: -last.bytes, departing: last.isDeparting ? -last.bytes : 0)
    }

    var bytes: Int { state.withLock { $0.bytes } }

    /// Corrects what was expected by what it turned out to be.
    func correct(to bytes: Int) {
        state.withLock { state in
            let difference = max(0, bytes) - state.bytes
            state.bytes = max(0, bytes)
            ledger.change(used: difference, departing: state.isDeparting ? difference : 0)
        }
    }

    /// Nobody finds this copy any more: it goes when its runs have ended.
    func depart() {
        state.withLock { state in
            guard !state.isDeparting else { return }
            state.isDeparting = true
            ledger.change(used: 0, departing: state.bytes)
        }
    }
}
