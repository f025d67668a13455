package import Journal
import Synchronization

/// Counts what comes with a key and the keys that it was rotated to, and says when it is too much. Seconds are counted in
/// memory; months in a cell of the ledger, which outlives the process.
package final class KeyMeter: Sendable {
    package let limits: KeyLimits
    private let cell: (any UsageCell)?
    private let clock: any WallClock
    /// Until when a request has to be looked at with the lock, which all event loops want, before it begins; nanoseconds.
    /// 0 as long as something of every limit is left.
    private let blockedUntil = Atomic<UInt64>(0)
    private let state: Mutex<State>

    private struct State {
        var requests: TokenBucket?
        var rows: TokenBucket?
        var used: UsageCount
        /// When the month ends, in microseconds since 1970.
        var monthEnd: Int
        var time = WallTime()
    }

    init(limits: KeyLimits, cell: (any UsageCell)?, clock: any WallClock) {
        self.limits = limits
        self.cell = cell
        self.clock = clock
        let month = CalendarMonth(of: Timestamp(microseconds: clock.now))
        let known = cell?.read()
        state = Mutex(
            State(
                requests: limits.requestsPerSecond.map { TokenBucket(perSecond: $0) },
                rows: limits.rowsPerSecond.map { TokenBucket(perSecond: $0) },
                used: known?.month == month ? known ?? UsageCount(month: month) : UsageCount(month: month),
                monthEnd: month.end.microseconds))
        if state.withLock({ isUsedUp($0) }) { blockedUntil.store(.max, ordering: .relaxed) }
    }

    /// What was used in the month of now.
    package var usage: UsageCount {
        state.withLock { state in
            roll(&state, clock.now)
            return state.used
        }
    }

    /// Whether a request that begins has anything to hope for: it is counted when all of it has come.
    ///
    /// - Parameter now: nanoseconds of a clock that never goes back.
    package func checkBeginning(now: @autoclosure () -> UInt64) throws(QuotaRefusal) {
        let until = blockedUntil.load(ordering: .relaxed)
        guard until > 0 else { return }
        let now = now()
        guard now < until else { return }
        let refusal = state.withLock { state -> QuotaRefusal? in
            let wall = wallTime(&state, now)
            return self.refusal(requests: 1, rows: 0, &state, now, wall)
        }
        if let refusal { throw refusal }
    }

    /// Counts a request and its rows, and says what is left then. What is refused costs nothing. In a second the last
    /// request may take more rows than there are, and those behind it wait; of a month's rows it may not.
    package func take(rows: Int, now: UInt64) throws(QuotaRefusal) -> QuotaState? {
        let (refusal, left) = state.withLock { state -> (QuotaRefusal?, QuotaState?) in
            let wall = wallTime(&state, now)
            if let refusal = take(rows: max(0, rows), &state, now, wall) { return (refusal, nil) }
            return (nil, tightest(state, now, wall))
        }
        if let refusal { throw refusal }
        return left
    }

    /// Counts a request that came to nothing before its rows were known, if it can, and says what is left then.
    package func takeFailed(now: UInt64) -> QuotaState? {
        state.withLock { state in
            let wall = wallTime(&state, now)
            _ = take(rows: 0, &state, now, wall)
            return tightest(state, now, wall)
        }
    }

    /// 0 where no limit asks for it.
    private func wallTime(_ state: inout State, _ now: UInt64) -> Int {
        limits.isMonthly ? state.time.at(now, by: clock) : 0
    }

    /// Takes a request and `rows`, unless that is refused.
    private func take(rows: Int, _ state: inout State, _ now: UInt64, _ wall: Int) -> QuotaRefusal? {
        let refusal = self.refusal(requests: 1, rows: rows, &state, now, wall)
        if refusal == nil {
            state.requests?.take(1, at: now)
            if rows > 0 { state.rows?.take(rows, at: now) }
            if limits.isMonthly {
                state.used.requests = Self.sum(state.used.requests, 1)
                state.used.rows = Self.sum(state.used.rows, rows)
                cell?.write(state.used)
            }
        }
        noteBlock(state, now)
        return refusal
    }

    /// What keeps a request with these rows from coming through now.
    private func refusal(
        requests: Int, rows: Int, _ state: inout State, _ now: UInt64, _ wall: Int
    ) -> QuotaRefusal? {
        do throws(QuotaRefusal) {
            if limits.isMonthly { try checkMonth(requests: requests, rows: rows, &state, wall) }
            try check(state.requests, .requestsPerSecond, now)
            try check(state.rows, .rowsPerSecond, now)
            return nil
        } catch {
            return error
        }
    }

    private func noteBlock(_ state: State, _ now: UInt64) {
        let wait = max(state.requests?.wait(at: now) ?? 0, state.rows?.wait(at: now) ?? 0)
        let until = isUsedUp(state) ? .max : wait > 0 ? now &+ min(wait, .max - now) : 0
        if blockedUntil.load(ordering: .relaxed) != until { blockedUntil.store(until, ordering: .relaxed) }
    }

    private func isUsedUp(_ state: State) -> Bool {
        if let most = limits.requestsPerMonth, state.used.requests >= most { return true }
        if let most = limits.rowsPerMonth, state.used.rows >= most { return true }
        return limits.isMonthly && cell == nil
    }

    private static func sum(_ left: Int, _ right: Int) -> Int {
        let (sum, overflow) = left.addingReportingOverflow(right)
        return overflow ? .max : sum
    }

    // MARK: months

    private func roll(_ state: inout State, _ now: Int) {
        guard now >= state.monthEnd else { return }
        let month = CalendarMonth(of: Timestamp(microseconds: now))
        state.used = UsageCount(month: month)
        state.monthEnd = month.end.microseconds
    }

    private func checkMonth(
        requests: Int, rows: Int, _ state: inout State, _ now: Int
    ) throws(QuotaRefusal) {
        guard cell != nil else {
            throw QuotaRefusal(
                message: "what this key uses in a month cannot be remembered: too many keys have such a limit",
                retryAfterSeconds: 60, state: nil)
        }
        roll(&state, now)
        if requests > 0, let most = limits.requestsPerMonth, state.used.requests >= most {
            throw monthly(state, .requestsPerMonth, most, now)
        }
        if let most = limits.rowsPerMonth {
            let wanted = Self.sum(state.used.rows, rows)
            guard wanted <= most, rows > 0 || state.used.rows < most else {
                throw monthly(state, .rowsPerMonth, most, now)
            }
        }
    }

    private func monthly(_ state: State, _ limit: QuotaState.Limit, _ most: Int, _ now: Int) -> QuotaRefusal {
        QuotaRefusal(
            message: "this key has used up its \(most) \(limit == .rowsPerMonth ? "rows" : "requests") of the month",
            retryAfterSeconds: Self.secondsLeft(state, now), state: monthlyState(state, limit, most, now))
    }

    private static func secondsLeft(_ state: State, _ now: Int) -> Int {
        max(1, (state.monthEnd - now - 1) / 1_000_000 + 1)
    }

    // MARK: seconds

    private func check(
        _ bucket: TokenBucket?, _ limit: QuotaState.Limit, _ now: UInt64
    ) throws(QuotaRefusal) {
        guard let bucket else { return }
        let wait = bucket.wait(at: now)
        guard wait > 0 else { return }
        let what = limit == .rowsPerSecond ? "rows" : "requests"
        throw QuotaRefusal(
            message: "this key may ask for \(bucket.perSecond) \(what) a second", retryAfterSeconds: Self.seconds(wait),
            state: perSecond(bucket, limit, now))
    }

    private static func seconds(_ nanoseconds: UInt64) -> Int {
        max(1, Int(clamping: nanoseconds / 1_000_000_000 + (nanoseconds % 1_000_000_000 > 0 ? 1 : 0)))
    }

    // MARK: what is left

    private func perSecond(_ bucket: TokenBucket, _ limit: QuotaState.Limit, _ now: UInt64) -> QuotaState {
        QuotaState(
            limit: limit, most: bucket.perSecond, remaining: bucket.remaining(at: now),
            resetSeconds: Self.seconds(bucket.missing(at: now)))
    }

    private func monthlyState(_ state: State, _ limit: QuotaState.Limit, _ most: Int, _ now: Int) -> QuotaState {
        let used = limit == .rowsPerMonth ? state.used.rows : state.used.requests
        return QuotaState(
            limit: limit, most: most, remaining: max(0, most - used), resetSeconds: Self.secondsLeft(state, now))
    }

    /// The limit of which the smallest part is left; of equal ones the later.
    private func tightest(_ state: State, _ now: UInt64, _ wall: Int) -> QuotaState? {
        var least = Double.infinity
        var limit: QuotaState.Limit?
        func consider(_ remaining: Int, of most: Int, _ candidate: QuotaState.Limit) {
            let part = Double(remaining) / Double(max(1, most))
            guard part <= least else { return }
            least = part
            limit = candidate
        }
        if let bucket = state.requests {
            consider(bucket.remaining(at: now), of: bucket.perSecond, .requestsPerSecond)
        }
        if let bucket = state.rows { consider(bucket.remaining(at: now), of: bucket.perSecond, .rowsPerSecond) }
        if let most = limits.requestsPerMonth {
            consider(max(0, most - state.used.requests), of: most, .requestsPerMonth)
        }
        if let most = limits.rowsPerMonth { consider(max(0, most - state.used.rows), of: most, .rowsPerMonth) }
        switch limit {
        case .requestsPerSecond: return state.requests.map { perSecond($0, .requestsPerSecond, now) }
        case .rowsPerSecond: return state.rows.map { perSecond($0, .rowsPerSecond, now) }
        case .requestsPerMonth:
            return limits.requestsPerMonth.map { monthlyState(state, .requestsPerMonth, $0, wall) }
        case .rowsPerMonth: return limits.rowsPerMonth.map { monthlyState(state, .rowsPerMonth, $0, wall) }
        case nil: return nil
        }
    }
}

/// The meters of all keys that have limits, by the row of keys that they count for.
package final class KeyMeters: Sendable {
    private let ledger: (any UsageLedger)?
    private let clock: any WallClock
    private let meters = Mutex<[String: KeyMeter]>([:])

    /// - Parameter ledger: `nil` for none: then keys with a limit for a month are refused.
    package init(ledger: (any UsageLedger)? = nil, clock: any WallClock = SystemClock()) {
        self.ledger = ledger
        self.clock = clock
    }

    /// `nil` for a key without limits.
    package func meter(of key: APIKey) -> KeyMeter? {
        guard !key.limits.isEmpty else { return nil }
        return meters.withLock { meters in
            if let known = meters[key.lineage] { return known }
            let cell = key.limits.isMonthly ? ledger?.cell(of: key.lineage) : nil
            let new = KeyMeter(limits: key.limits, cell: cell, clock: clock)
            meters[key.lineage] = new
            return new
        }
    }
}
