import CWorkerMemory
import Logging
import Synchronization

/// Keeps a worker process for one model: replaces it when it dies, at once or as its breaker says, until it is stopped.
///
/// Runs that were in a worker when it died are lost. Those that come while the next one loads wait for it, as long as
/// their deadlines let them; while the breaker is open they are refused.
final class Worker: Sendable {
    private enum Phase {
        case running(WorkerConnection)
        case starting
        /// None is started before this moment.
        case suspended(until: UInt64)
        case stopped
    }

    private struct State {
        var phase = Phase.starting
        var breaker = WorkerBreaker()
        /// The process that runs, or is being started.
        var process: WorkerProcess?
        var restarts = 0
        /// What the last one died of.
        var cause = ""
    }

    /// Looks after the event loops that wait for it.
    let watch: LoopWatch
    private let launch: WorkerLaunch
    private let logger: Logger
    private let state = Mutex(State())
    private let changes = ChangeCount()

    init(launch: WorkerLaunch, watch: LoopWatch, logger: Logger) {
        self.launch = launch
        self.watch = watch
        self.logger = logger
    }

    var restarts: Int { state.withLock { $0.restarts } }

    var health: InstanceHealth {
        state.withLock { state in
            switch state.phase {
            case .running(let connection): connection.ended == nil ? .running : .restarting
            case .starting: .restarting
            case .suspended(let until): .suspended(Self.suspended(state, until))
            case .stopped: .suspended("its worker is stopped")
            }
        }
    }

    // MARK: - For runs

    /// The connection, unless the worker is being replaced; throws while it is suspended.
    func running() throws(RunError) -> WorkerConnection? {
        let found = state.withLock { state -> Result<WorkerConnection?, RunError> in
            switch state.phase {
            case .running(let connection): .success(connection)
            case .starting: .success(nil)
            case .suspended(let until): .failure(.unavailable(Self.suspended(state, until)))
            case .stopped: .failure(.unavailable("its worker is stopped"))
            }
        }
        return try found.get()
    }

    /// A slot in the running worker, or in the next one. Waits until `deadline`, or until `handle` is terminated.
    func lease(until deadline: UInt64, for handle: RunHandle?) throws(RunError) -> SlotLease {
        defer { handle?.end() }
        while true {
            let seen = changes.current
            let connection = try running()
            if let lease = connection?.takeFree(processor: -1) { return lease }
            let wake: @Sendable () -> Void = { [changes] in
                connection?.wakeWaiting()
                changes.change()
            }
            if let handle, !handle.begin(stop: wake) { throw .terminated }
            let isGivenUp = { handle?.isTerminated ?? false }
            if let lease = connection?.takeNext(until: deadline, isGivenUp: isGivenUp) { return lease }
            if isGivenUp() { throw .terminated }
            guard WorkerNanoseconds() < deadline, connection?.ended != nil || connection == nil,
                changes.wait(while: seen, until: deadline)
            else { throw .unavailable("no worker was free to run it in time") }
        }
    }

    // MARK: - Its life

    /// Starts the first process and a thread that keeps one running. Blocks until the model is loaded.
    func start() throws(ModelLoadError) -> WorkerConnection {
        let first = try launch.start(admit).get()
        enter(first)
        guard BlockingThread.start({ self.keep(first) }) else {
            stop()
            watch.remove(first)
            _ = first.process.putAway(first.process.waitForSilence())
            throw ModelLoadError(.outOfMemory, "The system gives no thread to watch a worker with")
        }
        return first
    }

    /// Ends the process, and starts no other.
    func stop() {
        let process = state.withLock { state in
            state.phase = .stopped
            return state.process
        }
        process?.kill()
        changes.change()
    }

    /// On a thread of its own, until it is stopped.
    private func keep(_ first: WorkerConnection) {
        var connection: WorkerConnection? = first
        while let current = connection {
            let silence = current.process.waitForSilence()
            // Whoever waits for an answer hears at once that there is none; of what it died is known a little later.
            let isDeath = current.end("it died")
            watch.remove(current)
            let ending = current.process.putAway(silence)
            connection = replace(after: isDeath ? ending.cause : current.ended ?? ending.cause)
        }
    }

    /// Starts processes until one has loaded the model; `nil` when it is stopped.
    private func replace(after cause: String) -> WorkerConnection? {
        var cause = cause
        while let next = died(of: cause) {
            while true {
                let seen = changes.current
                guard !isStopped else { return nil }
                guard WorkerNanoseconds() < next, changes.wait(while: seen, until: next) else { break }
            }
            state.withLock { state in
                state.breaker.triesAgain()
                if case .suspended = state.phase { state.phase = .starting }
            }
            changes.change()
            switch launch.start(admit) {
            case .success(let connection): return enter(connection) ? connection : nil
            case .failure(let error): cause = error.message
            }
        }
        return nil
    }

    private var isStopped: Bool {
        state.withLock { if case .stopped = $0.phase { true } else { false } }
    }

    /// Notes the end of a worker. Returns when to start the next one; `nil` when it was stopped.
    private func died(of cause: String) -> UInt64? {
        let noted = state.withLock { state -> (next: UInt64, deaths: Int)? in
            if case .stopped = state.phase { return nil }
            let now = WorkerNanoseconds()
            let next = state.breaker.died(at: now)
            state.phase = next > now ? .suspended(until: next) : .starting
            state.process = nil
            state.restarts += 1
            state.cause = cause
            return (next, state.breaker.deaths)
        }
        changes.change()
        guard let noted else { return nil }
        let wait = noted.next > WorkerNanoseconds() ? noted.next &- WorkerNanoseconds() : 0
        logger.error(
            "worker ended",
            metadata: [
                "worker.cause": "\(cause)", "worker.deaths_in_a_row": "\(noted.deaths)",
                "worker.next_start_ms": "\(wait / 1_000_000)",
            ])
        return noted.next
    }

    private func admit(_ process: WorkerProcess) -> Bool {
        state.withLock { state in
            if case .stopped = state.phase { return false }
            state.process = process
            return true
        }
    }

    @discardableResult
    private func enter(_ connection: WorkerConnection) -> Bool {
        connection.isWatched.store(watch.add(connection), ordering: .releasing)
        let isWanted = state.withLock { state in
            if case .stopped = state.phase { return false }
            state.phase = .running(connection)
            state.breaker.started(at: WorkerNanoseconds())
            return true
        }
        changes.change()
        if !isWanted {
            connection.kill("its worker is stopped")
            watch.remove(connection)
            _ = connection.process.putAway(connection.process.waitForSilence())
        }
        return isWanted
    }

    private static func suspended(_ state: State, _ until: UInt64) -> String {
        let now = WorkerNanoseconds()
        let seconds = until > now ? (until &- now) / 1_000_000_000 &+ 1 : 0
        return "its worker died \(state.breaker.deaths) times in a row, the last time of this: \(state.cause); it is "
            + "started again in \(seconds) s"
    }
}
