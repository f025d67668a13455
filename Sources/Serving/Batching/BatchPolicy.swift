/// Decides which of an endpoint's waiting predictions run next, and which of them together. A pure state machine: it
/// knows neither clocks nor threads, and is told of both.
///
/// - Who came first is taken first. Those of its group join it in the order they came, up to `maxRows` rows; a run never
///   reaches past one of its group that does not fit.
/// - An idle endpoint waits for nobody: while no instance runs, whatever is there is taken at once. What comes while all
///   are busy gathers by itself.
/// - Instances share: one leaves to the others what is more than its even share, but takes `smallBatch` rows in any case,
///   since a run of a few rows costs little more than a run of one.
/// - A batch that is not full is held back only while another instance runs, the next request is likely to come in time,
///   and the wait costs less than it can save (see `holdBack`).
struct BatchPolicy<Item: AnyObject & Sendable>: Sendable {
    /// Rows that are worth one run, however many instances wait for work.
    static var smallBatch: Int { 8 }
    /// How far behind the first of the line others of its group are looked for.
    static var reach: Int { 4096 }

    struct Rules: Sendable {
        /// Runs at once.
        var instances: Int
        /// Predictions that may wait.
        var queueLimit: Int
        /// Rows of one run; 1 when nothing is batched.
        var maxRows: Int
        /// Nanoseconds.
        var maxDelay: UInt64
    }

    enum Event: Sendable {
        /// `share` is `nil` for one that runs by itself.
        case arrived(Item, BatchShare?)
        /// One that waited was answered otherwise: its deadline passed, or its caller went away.
        case left(Item)
        /// An instance that was started is ready for work.
        case started
        /// An instance that was to start does not: there is no thread for it.
        case notStarted
        /// The wait of a `hold` is over.
        case resumed
        /// An instance has ended its run, which took this many nanoseconds.
        case ended(UInt64)
        /// An event loop would like to run something itself, in the place of an instance.
        case borrowed
        /// It has done so.
        case returned
    }

    enum Action: Sendable {
        case none
        /// The line is full, or there is no place to be borrowed.
        case refuse
        /// Nobody is there to run these.
        case refuseAll([Item])
        /// Start an instance, and say `started`.
        case start
        /// The instance that holds back need not wait any longer.
        case release
        /// Run these together; `startsAnother`: there is more than this instance takes, and a place for one more.
        case run([Item], startsAnother: Bool)
        /// Wait until this time, then say `resumed`.
        case hold(UInt64)
        /// There is nothing to do for this instance.
        case rest
    }

    private struct Waiting {
        let item: Item
        let share: BatchShare?
        let arrived: UInt64
    }

    private let rules: Rules
    private var line: [Waiting] = []
    private var starting = 0
    private var holding = 0
    private var running = 0
    private var pace = Pace()

    init(_ rules: Rules) {
        self.rules = rules
    }

    /// Predictions that wait.
    var depth: Int { line.count }

    /// Whether whoever came now would be refused.
    var isFull: Bool {
        // Each instance that is on its way takes one at least.
        !hasFreeInstance && line.count - starting >= rules.queueLimit
    }

    private var hasFreeInstance: Bool { starting + holding + running < rules.instances }

    /// `now` in nanoseconds; the clock only has to go forwards.
    mutating func handle(_ event: Event, now: UInt64) -> Action {
        switch event {
        case .arrived(let item, let share): return arrive(Waiting(item: item, share: share, arrived: now))
        case .left(let item):
            remove(item)
            return .none
        case .notStarted:
            starting -= 1
            guard starting + holding + running == 0 else { return .none }
            defer { line = [] }
            return .refuseAll(line.map(\.item))
        case .borrowed:
            guard line.isEmpty, starting + holding + running < rules.instances else { return .refuse }
            running += 1
            return .none
        case .returned:
            running -= 1
            guard !line.isEmpty, holding == 0 else { return .none }
            starting += 1
            return .start
        case .started: starting -= 1
        case .resumed: holding -= 1
        case .ended(let nanoseconds):
            running -= 1
            pace.ran(nanoseconds)
        }
        return next(now)
    }

    // MARK: - coming and going

    private mutating func arrive(_ waiting: Waiting) -> Action {
        pace.arrived(waiting.arrived)
        guard !isFull else { return .refuse }
        line.append(waiting)
        if holding > 0 { return isFull(behind: waiting) ? .release : .none }
        guard hasFreeInstance else { return .none }
        starting += 1
        return .start
    }

    private mutating func remove(_ item: Item) {
        guard let index = line.firstIndex(where: { $0.item === item }) else { return }
        line.remove(at: index)
    }

    // MARK: - taking

    private mutating func next(_ now: UInt64) -> Action {
        guard let first = line.first else { return .rest }
        // Somebody else waits to take it; but an endpoint that has fallen idle waits for nobody.
        if holding > 0, running > 0 { return .rest }
        if let until = holdBack(first, now) {
            holding += 1
            return .hold(until)
        }
        let items = take(first)
        running += 1
        let startsAnother = !line.isEmpty && starting + running < rules.instances
        if startsAnother { starting += 1 }
        return .run(items, startsAnother: startsAnother)
    }

    private mutating func take(_ first: Waiting) -> [Item] {
        guard let share = first.share, rules.maxRows > 1 else {
            line.removeFirst()
            return [first.item]
        }
        var room = allowance(of: share.group) - share.rows
        var items = [first.item]
        var taken = [0]
        for index in line.indices.dropFirst().prefix(Self.reach) {
            guard room > 0 else { break }
            guard let other = line[index].share, other.group == share.group else { continue }
            guard other.rows <= room else { break }
            room -= other.rows
            items.append(line[index].item)
            taken.append(index)
        }
        removeAll(at: taken)
        return items
    }

    /// The rows that this instance may take of those of `group` that wait.
    private func allowance(of group: BatchGroup) -> Int {
        let waiting = rows(of: group)
        let evenShare = (waiting + rules.instances - 1) / rules.instances
        return min(rules.maxRows, max(evenShare, Self.smallBatch))
    }

    private func rows(of group: BatchGroup) -> Int {
        var rows = 0
        for waiting in line.prefix(Self.reach) {
            if let share = waiting.share, share.group == group { rows += share.rows }
        }
        return rows
    }

    /// `indices` ascend.
    private mutating func removeAll(at indices: [Int]) {
        if indices.last == indices.count - 1 { return line.removeFirst(indices.count) }
        var kept = indices[0]
        var next = 0
        for index in indices[0]..<line.count {
            if next < indices.count, indices[next] == index {
                next += 1
            } else {
                line[kept] = line[index]
                kept += 1
            }
        }
        line.removeLast(line.count - kept)
    }

    // MARK: - holding back

    /// Until when `first` waits for company; `nil` when it runs now.
    ///
    /// It waits at most `maxDelay` since it came, and at most half of what a run takes, which is about what a shared run
    /// can save. Each arrival must be followed by the next within twice the usual gap; else they have stopped coming.
    private func holdBack(_ first: Waiting, _ now: UInt64) -> UInt64? {
        guard rules.maxRows > 1, running > 0, holding == 0, let share = first.share,
            rows(of: share.group) < rules.maxRows,
            let gap = pace.gap, let lastArrival = pace.lastArrival
        else { return nil }
        let latest = first.arrived &+ min(rules.maxDelay, pace.run / 2)
        guard lastArrival &+ gap < latest else { return nil }
        let end = min(latest, lastArrival &+ 2 &* gap)
        return now < end ? end : nil
    }

    /// Whether the batch that is held back is complete now that `last` has come, or `last` would wait for one that is not
    /// its own.
    private func isFull(behind last: Waiting) -> Bool {
        guard let share = line.first?.share, last.share?.group == share.group else { return true }
        return rows(of: share.group) >= rules.maxRows
    }
}

/// How fast requests come and how long runs take: smoothed over about eight of them.
private struct Pace: Sendable {
    private(set) var lastArrival: UInt64?
    /// Nanoseconds between two arrivals; `nil` before the second.
    private(set) var gap: UInt64?
    /// Nanoseconds of a run; 0 before the first.
    private(set) var run: UInt64 = 0

    mutating func arrived(_ now: UInt64) {
        if let lastArrival {
            let latest = now &- lastArrival
            gap = gap.map { ($0 &* 7 &+ latest) / 8 } ?? latest
        }
        lastArrival = now
    }

    mutating func ran(_ nanoseconds: UInt64) {
        run = run == 0 ? nanoseconds : (run &* 7 &+ nanoseconds) / 8
    }
}
