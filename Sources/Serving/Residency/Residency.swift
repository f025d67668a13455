import Logging
import Runtimes
import Synchronization

/// Which models are in memory: brings them there when they are wanted, and lets go of those that are due.
final class Residency: Sendable {
    /// An endpoint through its deployments.
    struct EndpointID: Hashable {
        let space: String
        let name: String

        init(_ entry: EndpointEntry) {
            space = entry.space
            name = entry.name
        }
    }

    private struct WeakPlace {
        weak var place: ModelPlace?
    }

    private struct State {
        /// All places that anybody holds.
        var places: [LoadedModel.Key: WeakPlace] = [:]
        /// Those that the current endpoints serve, with how long they may be idle; `nil` for ever.
        var serving: [LoadedModel.Key: UInt64?] = [:]
        /// What an endpoint served before, until when it is kept.
        var superseded: [EndpointID: (place: ModelPlace, until: UInt64)] = [:]
        /// What deploys and installations hold until a table serves it, with how many do. Each gives back its own: that
        /// a table serves it says nothing about when the next one no longer will.
        var prepared: [LoadedModel.Key: (place: ModelPlace, count: Int)] = [:]
        var isLookedAfter = false
    }

    /// How often somebody looks who is due, in nanoseconds.
    private static let period = 1_000_000_000
    /// How long a load waits for runs to end whose models must make room, in nanoseconds.
    private static let patience: UInt64 = 10_000_000_000

    let ledger: MemoryLedger
    private let loader: ModelLoader
    private let pool: ThreadPool
    private let keepSuperseded: UInt64
    private let state = Mutex(State())
    private let logger: Logger

    /// - Parameter keepSuperseded: nanoseconds.
    init(loader: ModelLoader, pool: ThreadPool, budget: Int?, keepSuperseded: UInt64, logger: Logger) {
        self.loader = loader
        self.pool = pool
        self.ledger = MemoryLedger(budget: budget)
        self.keepSuperseded = keepSuperseded
        self.logger = logger
    }

    /// The place of `entry`'s version, the same one for as long as anybody holds it.
    func place(for entry: EndpointEntry) -> ModelPlace {
        let key = LoadedModel.Key(entry)
        return state.withLock { state in
            if let place = state.places[key]?.place { return place }
            let place = ModelPlace(entry)
            state.places[key] = WeakPlace(place: place)
            return place
        }
    }

    // MARK: - Loading

    /// Has the model loaded, unless it is there, and keeps it until `discard` gives it back.
    func prepare(_ entry: EndpointEntry) async throws(ModelLoadError) -> LoadedModel {
        let place = place(for: entry)
        hold(place)
        do throws(ModelLoadError) {
            return try await load(place).get()
        } catch {
            discard(entry)
            throw error
        }
    }

    /// Keeps what is loaded at `place`, or comes to be, until `giveBack` is called.
    func hold(_ place: ModelPlace) {
        state.withLock { state in
            state.prepared[place.key] = (place, (state.prepared[place.key]?.count ?? 0) + 1)
        }
    }

    /// Gives back what `prepare` keeps: once for each time that it was called, whether or not a table serves it by now.
    func discard(_ entry: EndpointEntry) { giveBack([place(for: entry)]) }

    /// Gives back what `hold` keeps, once for each time that it was called.
    func giveBack(_ places: [ModelPlace]) {
        guard !places.isEmpty else { return }
        state.withLock { state in
            for place in places {
                // Another deployment of the same bytes may still count on its own.
                let left = (state.prepared[place.key]?.count ?? 0) - 1
                state.prepared[place.key] = left > 0 ? (place, left) : nil
            }
        }
        sweep(now: MonotonicClock.nanoseconds())
        // What was held until now may be due some day.
        lookAfter()
    }

    /// The model, loaded now if it is not there, whatever failed before.
    func load(_ place: ModelPlace) async -> Result<LoadedModel, ModelLoadError> {
        await withCheckedContinuation { continuation in
            let wish = place.wish(limit: nil, now: MonotonicClock.nanoseconds()) { continuation.resume(returning: $0) }
            switch wish {
            case .fulfilled(let model): continuation.resume(returning: .success(model))
            case .failed(let error): continuation.resume(returning: .failure(error))
            case .mustLoad: begin(place, reserved: nil)
            case .joined, .full: break
            }
        }
    }

    /// As `load`, but only if there is memory for it as things are; `nil` when there is not.
    func loadIfRoom(_ place: ModelPlace) async -> Result<LoadedModel, ModelLoadError>? {
        if let model = place.model { return .success(model) }
        guard let share = ledger.reserve(expectedBytes(place)) else { return nil }
        return await withCheckedContinuation { continuation in
            let wish = place.wish(limit: .max, now: MonotonicClock.nanoseconds()) { continuation.resume(returning: $0) }
            switch wish {
            case .fulfilled(let model): continuation.resume(returning: .success(model))
            case .failed(let error): continuation.resume(returning: .failure(error))
            case .mustLoad: begin(place, reserved: share)
            case .joined, .full: break
            }
        }
    }

    /// Has the model loaded for a prediction that waits for it.
    func wish(_ place: ModelPlace, limit: Int, then: @escaping ModelPlace.Arrival) -> ModelPlace.Wish {
        let wish = place.wish(limit: limit, now: MonotonicClock.nanoseconds(), then: then)
        if case .mustLoad = wish { begin(place, reserved: nil) }
        return wish
    }

    /// Has the model loaded for nobody who waits for it, if there is memory for it as things are: nobody leaves for it.
    /// `nil` when there is not.
    func wishIfRoom(_ place: ModelPlace) -> ModelPlace.Wish? {
        if let model = place.model { return .fulfilled(model) }
        guard let share = ledger.reserve(expectedBytes(place)) else { return nil }
        let wish = place.wish(limit: .max, now: MonotonicClock.nanoseconds()) { _ in }
        switch wish {
        case .mustLoad(let waiter):
            begin(place, reserved: share)
            place.leave(waiter)
        case .joined(let waiter): place.leave(waiter)
        case .fulfilled, .full, .failed: break
        }
        return wish
    }

    private func begin(_ place: ModelPlace, reserved: MemoryShare?) {
        loader.load(place.entry) { () throws(ModelLoadError) in
            if let reserved { return reserved }
            return try self.makeRoom(for: place)
        } then: { result in
            let result = self.admit(result)
            if case .failure(let error) = result { self.report(error, place.entry) }
            place.finish(result, now: MonotonicClock.nanoseconds())
            self.lookAfter()
        }
    }

    private func report(_ error: ModelLoadError, _ entry: EndpointEntry) {
        logger.error(
            "model cannot be loaded",
            metadata: [
                "endpoint.space": "\(entry.space)", "endpoint.name": "\(entry.name)",
                "model.version": "\(entry.model):\(entry.version)", "error.message": "\(error.message)",
            ])
    }

    // MARK: - Room

    private func expectedBytes(_ place: ModelPlace) -> Int {
        place.knownBytes ?? MemoryEstimate.beforeLoading(place.entry)
    }

    /// Makes others leave until the model of `place` fits. Blocks while their last runs end.
    private func makeRoom(for place: ModelPlace) throws(ModelLoadError) -> MemoryShare {
        let bytes = expectedBytes(place)
        try refuseTooLarge(bytes)
        let deadline = MonotonicClock.nanoseconds() &+ Self.patience
        while true {
            if let share = ledger.reserve(bytes) { return share }
            // Where nothing can leave now, something may in a moment: runs end, and so do other loads.
            release(ledger.shortfall(for: bytes))
            guard MonotonicClock.nanoseconds() < deadline else {
                throw ModelLoadError(
                    .outOfMemory,
                    "there is no memory for it: it takes about \(bytes) bytes, and \(ledger.used) of "
                        + "memory_budget_bytes (\(ledger.budget ?? 0)) are in use by models that cannot leave now")
            }
            ThreadPause.wait(nanoseconds: 2_000_000)
        }
    }

    /// What a model turned out to take may be more than was expected: others leave for it, or it does.
    private func admit(_ result: Result<LoadedModel, ModelLoadError>) -> Result<LoadedModel, ModelLoadError> {
        guard case .success(let model) = result else { return result }
        do throws(ModelLoadError) {
            try refuseTooLarge(model.memory.bytes)
            release(ledger.shortfall(for: 0))
            return result
        } catch {
            return .failure(error)
        }
    }

    private func refuseTooLarge(_ bytes: Int) throws(ModelLoadError) {
        guard let budget = ledger.budget, bytes > budget else { return }
        throw ModelLoadError(
            .outOfMemory,
            "it takes about \(bytes) bytes of memory, more than all models may have together (memory_budget_bytes is "
                + "\(budget))")
    }

    /// Makes as many leave as it takes. False when that is not enough.
    @discardableResult
    private func release(_ shortfall: Int) -> Bool {
        guard shortfall > 0 else { return true }
        let (residents, places) = present()
        guard let leaving = Departures.freeing(shortfall, residents) else { return false }
        for key in leaving { places[key]?.vacate() }
        return true
    }

    // MARK: - Claims

    /// The endpoints that answer from now on, and those before them.
    func settle(before: RoutingTable, now endpoints: [Endpoint]) {
        let now = MonotonicClock.nanoseconds()
        let (until, overflow) = now.addingReportingOverflow(keepSuperseded)
        let dropped = state.withLock { state in
            var serving: [LoadedModel.Key: UInt64?] = [:]
            var superseded: [EndpointID: (place: ModelPlace, until: UInt64)] = [:]
            // The versions that a rollout sends requests to stay like the one that callers address.
            for endpoint in endpoints.flatMap({ [$0] + ($0.traffic?.arms.map(\.endpoint) ?? []) }) {
                guard let place = endpoint.place else { continue }
                let idle = endpoint.entry.options.idleNanoseconds
                if let other = serving[place.key] {
                    serving[place.key] = .some(other.flatMap { one in idle.map { max(one, $0) } })
                } else {
                    serving[place.key] = .some(idle)
                }
            }
            for endpoint in endpoints {
                guard let place = endpoint.place else { continue }
                let id = EndpointID(endpoint.entry)
                let previous = before.endpoint(space: id.space, name: id.name)?.place
                if let previous, previous.key != place.key, previous.model != nil {
                    superseded[id] = (previous, overflow ? .max : until)
                } else if let kept = state.superseded[id], kept.place.key != place.key {
                    superseded[id] = kept
                }
            }
            let dropped = Array(state.superseded.values)
            state.serving = serving
            state.superseded = superseded
            state.places = state.places.filter { $0.value.place != nil }
            return dropped
        }
        withExtendedLifetime(dropped) {}
        sweep(now: now)
        lookAfter()
    }

    /// The models in memory as the decider sees them, and their places.
    private func present() -> ([Departures.Resident<LoadedModel.Key>], [LoadedModel.Key: ModelPlace]) {
        let state = self.state.withLock { $0 }
        let keptUntil = Dictionary(
            state.superseded.values.map { ($0.place.key, $0.until) }, uniquingKeysWith: { max($0, $1) })
        var residents: [Departures.Resident<LoadedModel.Key>] = []
        var places: [LoadedModel.Key: ModelPlace] = [:]
        for (key, weak) in state.places {
            guard let place = weak.place, let model = place.model else { continue }
            let claim: Departures.Claim =
                if state.prepared[key] != nil {
                    .prepared
                } else if let idle = state.serving[key] {
                    idle.map { .onDemand(idle: $0) } ?? .serving
                } else if let until = keptUntil[key] {
                    .superseded(until: until)
                } else {
                    .none
                }
            places[key] = place
            residents.append(
                Departures.Resident(
                    id: key, bytes: model.memory.bytes, lastUse: model.lastUse, isRunning: model.isRunning,
                    claim: claim))
        }
        return (residents, places)
    }

    // MARK: - Departures

    /// Lets go of the models that are due at `now`.
    func sweep(now: UInt64) {
        let (residents, places) = present()
        for key in Departures.due(residents, now: now) { places[key]?.vacate() }
        let expired = state.withLock { state in
            let expired = state.superseded.filter { now >= $0.value.until }
            for id in expired.keys { state.superseded[id] = nil }
            return expired
        }
        withExtendedLifetime(expired) {}
    }

    /// Looks who is due, once a second, for as long as anybody may become so.
    private func lookAfter() {
        guard Departures.hasPerishable(present().0) else { return }
        let mustStart = state.withLock { state in
            defer { state.isLookedAfter = true }
            return !state.isLookedAfter
        }
        guard mustStart else { return }
        let started = pool.run { [weak self] in
            repeat { ThreadPause.wait(nanoseconds: Self.period) } while self?.lookAgain() == true
        }
        if !started { state.withLock { $0.isLookedAfter = false } }
    }

    private func lookAgain() -> Bool {
        sweep(now: MonotonicClock.nanoseconds())
        let mayEnd = !Departures.hasPerishable(present().0)
        if mayEnd {
            state.withLock { $0.isLookedAfter = false }
            // Something may have arrived between the look and the line above.
            lookAfter()
        }
        return !mayEnd
    }
}
