/// Who leaves memory, and when: pure decisions over what is there.
///
/// Rules, in this order: what is about to be deployed stays; versions that were superseded leave first; a model that is
/// running leaves only when nothing else would do (its runs end all the same); otherwise the least recently used leaves.
enum Departures {
    /// Why a model is in memory.
    enum Claim: Sendable, Hashable {
        /// An endpoint serves it, and it stays until the memory is needed.
        case serving
        /// Endpoints serve it that may do without it after so many nanoseconds without a request.
        case onDemand(idle: UInt64)
        /// It was the version before, kept for a while so that going back is instant.
        case superseded(until: UInt64)
        /// A deploy holds it until its snapshot is installed, or another model is loaded that must not take its place.
        case prepared
        /// Nobody's any more.
        case none
    }

    /// One model in memory. Times are nanoseconds of `MonotonicClock`.
    struct Resident<ID: Hashable & Sendable>: Sendable, Hashable {
        var id: ID
        var bytes: Int
        var lastUse: UInt64
        var isRunning: Bool
        var claim: Claim
    }

    /// Who is due to leave at `now`, whether memory is short or not.
    static func due<ID: Sendable>(_ residents: [Resident<ID>], now: UInt64) -> [ID] {
        residents.filter { resident in
            switch resident.claim {
            case .serving, .prepared: false
            case .onDemand(let idle):
                !resident.isRunning && now >= resident.lastUse && now &- resident.lastUse >= idle
            case .superseded(let until): now >= until
            case .none: true
            }
        }.map(\.id)
    }

    /// Who leaves to free at least `shortfall` bytes, and no more of them than needed; `nil` when all of them together
    /// would not free as much.
    static func freeing<ID: Sendable>(_ shortfall: Int, _ residents: [Resident<ID>]) -> [ID]? {
        guard shortfall > 0 else { return [] }
        var left = shortfall
        var leaving: [ID] = []
        for resident in residents.filter({ $0.claim != .prepared }).sorted(by: leavesBefore) {
            leaving.append(resident.id)
            left -= min(left, max(0, resident.bytes))
            if left == 0 { return leaving }
        }
        return nil
    }

    /// Whether anything there will be due some day, so that somebody must look from time to time.
    static func hasPerishable<ID: Sendable>(_ residents: [Resident<ID>]) -> Bool {
        residents.contains { resident in
            switch resident.claim {
            case .onDemand, .superseded, .none: true
            case .serving, .prepared: false
            }
        }
    }

    private static func leavesBefore<ID: Sendable>(_ a: Resident<ID>, _ b: Resident<ID>) -> Bool {
        (rank(a), a.lastUse) < (rank(b), b.lastUse)
    }

    private static func rank<ID: Sendable>(_ resident: Resident<ID>) -> Int {
        switch resident.claim {
        case .none, .superseded: 0
        case .serving, .onDemand, .prepared: resident.isRunning ? 2 : 1
        }
    }
}
