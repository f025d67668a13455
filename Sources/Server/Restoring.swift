import Synchronization

/// What is committed, on its way back at the start: that may take longer than the doors stay shut. Whoever looks after it
/// begins once all of it is there, and not at all when the server was told to stop before.
final class Restoring: Sendable {
    private enum State {
        case underWay
        case failed(RestoreFailure)
        /// All of it is there. The task is the beginning of those who look after it.
        case done(Task<Void, Never>)
        case givenUp
    }

    private let state = Mutex(State.underWay)

    /// Why it cannot be had; `nil` while nothing has gone wrong.
    var failure: RestoreFailure? {
        state.withLock { state -> RestoreFailure? in
            guard case .failed(let failure) = state else { return nil }
            return failure
        }
    }

    /// All of it is there. Returns once `begin` has, which is not called in a server that stops.
    func succeeded(then begin: @escaping @Sendable () async -> Void) async {
        let beginning = state.withLock { state -> Task<Void, Never>? in
            guard case .underWay = state else { return nil }
            let task = Task { await begin() }
            state = .done(task)
            return task
        }
        await beginning?.value
    }

    /// It cannot be had. False in a server that stops, whose database may be closed already.
    func failed(_ failure: RestoreFailure) -> Bool {
        state.withLock { state in
            guard case .underWay = state else { return false }
            state = .failed(failure)
            return true
        }
    }

    /// From here on nobody begins; whoever has begun is waited for. What is still being loaded is left to itself.
    func stop() async {
        let beginning = state.withLock { state -> Task<Void, Never>? in
            switch state {
            case .underWay: state = .givenUp
            case .done(let task): return task
            case .failed, .givenUp: break
            }
            return nil
        }
        await beginning?.value
    }
}

/// What is committed cannot be read. The server ends: it would never answer for any of it.
struct RestoreFailure: Error, CustomStringConvertible {
    let reason: String

    var description: String { "what is committed could not be brought back: \(reason)" }
}
