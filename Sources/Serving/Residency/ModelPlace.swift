import Runtimes
import Synchronization

/// Where one version, with certain options, is in memory or may come to be. All endpoints that serve the same bytes with
/// the same options have the same place.
final class ModelPlace: Sendable {
    /// How a place is at one moment.
    enum Condition {
        case resident(LoadedModel)
        case loading
        /// Not in memory; the next request brings it there.
        case absent
        /// The last load failed.
        case failed(ModelLoadError)
    }

    /// What became of a wish to have the model.
    enum Wish {
        case fulfilled(LoadedModel)
        /// A load is under way; the closure will be called, unless its caller leaves.
        case joined(Waiter)
        /// The closure will be called, unless its caller leaves; who wished must start the load.
        case mustLoad(Waiter)
        /// So many wait already.
        case full
        /// It failed a moment ago, and it is too early to try again.
        case failed(ModelLoadError)
    }

    /// By what one who waits can leave.
    struct Waiter: Hashable {
        fileprivate let number: UInt64
    }

    typealias Arrival = @Sendable (Result<LoadedModel, ModelLoadError>) -> Void

    private struct State {
        var model: LoadedModel?
        var isLoading = false
        var waiting: [Waiter: Arrival] = [:]
        var waiters: UInt64 = 0
        var failure: ModelLoadError?
        var backOff = LoadBackOff()
        var knownBytes: Int?
        var loads = LoadCounts()
        /// When the load that is under way was asked for.
        var loadingSince: UInt64 = 0

        mutating func wait(_ arrival: @escaping Arrival) -> Waiter {
            waiters &+= 1
            let waiter = Waiter(number: waiters)
            waiting[waiter] = arrival
            return waiter
        }
    }

    let key: LoadedModel.Key
    /// One of the entries that have this place; what differs between them does not matter for loading.
    let entry: EndpointEntry
    private static let numbers = Atomic<UInt64>(0)
    private let state = Mutex(State())

    init(_ entry: EndpointEntry) {
        let number = Self.numbers.wrappingAdd(1, ordering: .relaxed).newValue
        state.withLock { $0.loads.place = number }
        self.key = LoadedModel.Key(entry)
        self.entry = entry
    }

    /// The model, when it is in memory.
    var model: LoadedModel? { state.withLock { $0.model } }

    var condition: Condition {
        state.withLock { state in
            if let model = state.model { return .resident(model) }
            if state.isLoading { return .loading }
            if let failure = state.failure { return .failed(failure) }
            return .absent
        }
    }

    /// Who waits for a load to end.
    var waiting: Int { state.withLock { $0.waiting.count } }

    var loads: LoadCounts { state.withLock { $0.loads } }

    /// Bytes that the model took when it was in memory before.
    var knownBytes: Int? { state.withLock { $0.knownBytes } }

    /// - Parameters:
    ///   - limit: how many may wait; `nil` for any number, who may also try again at once what failed a moment ago.
    ///   - now: nanoseconds of `MonotonicClock`.
    func wish(limit: Int?, now: UInt64, then: @escaping Arrival) -> Wish {
        state.withLock { state in
            if let model = state.model { return .fulfilled(model) }
            if state.isLoading {
                if let limit, state.waiting.count >= limit { return .full }
                return .joined(state.wait(then))
            }
            if let failure = state.failure, limit != nil, !state.backOff.mayTry(at: now) { return .failed(failure) }
            state.isLoading = true
            state.loadingSince = now
            return .mustLoad(state.wait(then))
        }
    }

    /// Somebody does not want to wait any longer, and makes room for others; the load goes on.
    func leave(_ waiter: Waiter) {
        // Released outside the lock: it may hold a large request.
        let arrival = state.withLock { $0.waiting.removeValue(forKey: waiter) }
        withExtendedLifetime(arrival) {}
    }

    /// Ends the load that `mustLoad` asked for.
    func finish(_ result: Result<LoadedModel, ModelLoadError>, now: UInt64) {
        let waiting = state.withLock { state in
            state.loads.nanoseconds &+= now > state.loadingSince ? now &- state.loadingSince : 0
            switch result {
            case .success(let model):
                state.loads.loaded &+= 1
                state.model = model
                state.failure = nil
                state.backOff = LoadBackOff()
                state.knownBytes = model.memory.bytes
            case .failure(let error):
                state.loads.failed &+= 1
                state.failure = error
                state.backOff.failed(at: now)
            }
            state.isLoading = false
            defer { state.waiting = [:] }
            return state.waiting
        }
        // As they came.
        for (_, arrival) in waiting.sorted(by: { $0.key.number < $1.key.number }) { arrival(result) }
    }

    /// Lets go of the model. Runs under way keep it until they end.
    func vacate() {
        let leaving = state.withLock { state in
            defer { state.model = nil }
            if state.model != nil { state.loads.departed &+= 1 }
            return state.model
        }
        leaving?.memory.depart()
        // Released here, outside the lock.
    }
}
