import Synchronization

/// Whether somebody wants the server to stop: a signal, or the parent's end.
final class StopRequest: Sendable {
    private struct State {
        var isRequested = false
        var waiting: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// True the first time.
    @discardableResult
    func request() -> Bool {
        let (isFirst, waiting) = state.withLock { state in
            defer {
                state.isRequested = true
                state.waiting = []
            }
            return (!state.isRequested, state.waiting)
        }
        for continuation in waiting { continuation.resume() }
        return isFirst
    }

    func whenRequested() async {
        await withCheckedContinuation { continuation in
            let isRequested = state.withLock { state in
                if !state.isRequested { state.waiting.append(continuation) }
                return state.isRequested
            }
            if isRequested { continuation.resume() }
        }
    }
}
