package import Journal
import Synchronization

/// Counts what comes with a key and the keys that it was rotated to, and says when it is too much. Seconds are counted in
/// memory; months in a cell of the ledger, which outlives the process.
package final class KeyMeter: Sendable {
    package let limits: KeyLimits
    private let cell: (any UsageCell)?
    private let clock: any WallClock
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
    }

    /// What was used in the month of now.
    package var usage: UsageCount {
        state.withLock { state in
            roll(&state, clock.now)
            return state.used
        }
    }

    /// Counts a request that begins. A request that is refused here costs nothing.
    ///
    /// - Parameter now: nanoseconds of a clock that never goes back.
    package func takeRequest(now: UInt64) throws(QuotaRefusal) {
        let refusal = state.withLock { state in
            take(requests: 1, rows: 0, &state, now, wallTime(&state, now))
        }
        if let refusal { throw refusal }
    }

    /// Counts the rows of a request that was counted already, and says what is left then. In a second the last request
    /// may take more than there is, and those behind it wait; of a month's rows it may not.
    package func takeRows(_ count: Int, now: UInt64) throws(QuotaRefusal) -> QuotaState? {
        let (refusal, left) = state.withLock { state -> (QuotaRefusal?, QuotaState?) in
            let wall = wallTime(&state, now)
            if let refusal = take(requests: 0, rows: max(0, count), &state, now, wall) { return (refusal, nil) }
            return (nil, tightest(state, now, wall))
        }
        if let refusal { throw refusal }
        return left
    }

    /// What is left of the tightest limit, for the answer to a request whose rows were never counted.
    package func left(now: UInt64) -> QuotaState? {
        return state.withLock { state in
            let wall = wallTime(&state, now)
            if limits.isMonthly { roll(&state, wall) }
            return tightest(state, now, wall)
        }
    }

    /// 0 where no limit asks for it.
    private func wallTime(_ state: inout State, _ now: UInt64) -> Int {
        limits.isMonthly ? state.time.at(now, by: clock) : 0
    }

    private func take(
        requests: Int, rows: Int, _ state: inout State, _ now: UInt64, _ wall: Int
    ) -> QuotaRefusal? {
        do throws(QuotaRefusal) {
            if limits.isMonthly { try takeMonthly(requests: requests, rows: rows, &state, wall) }
            if requests > 0 { try check(state.requests, .requestsPerSecond, now) }
            try check(state.rows, .rowsPerSecond, now)
        } catch {
            return error
        }
        if requests > 0 { state.requests?.take(requests, at: now) }
        if rows > 0 { state.rows?.take(rows, at: now) }
        if limits.isMonthly {
            state.used.requests = Self.sum(state.used.requests, requests)
            state.used.rows = Self.sum(state.used.rows, rows)
            cell?.write(state.used)
        }
        return nil
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

    private func takeMonthly(
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
