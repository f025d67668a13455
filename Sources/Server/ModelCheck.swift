import Registry
import Runtimes
import Synchronization
import Tensors

/// First contact with a pushed model, in a child process with the limits of this server.
struct ModelCheck: ModelChecking {
    let checker: ModelChecker
    let limits: ModelChecker.Limits
    /// Each check may use gigabytes: a few at a time, the others wait.
    private let slots: Slots

    init(_ configuration: ServerConfiguration) {
        checker = ModelChecker(library: configuration.onnxruntime)
        slots = Slots(2)
        limits = ModelChecker.Limits(
            memoryBytes: configuration.checkMemoryBytes, loadSeconds: configuration.checkLoadSeconds,
            trialSeconds: configuration.checkTrialSeconds)
    }

    func check(_ artifact: ModelArtifact) async throws(ModelLoadError) -> ModelDescription {
        await slots.take()
        defer { slots.giveBack() }
        return try await checker.check(artifact, limits: limits)
    }
}

/// A number of places; who finds none free waits in line.
private final class Slots: Sendable {
    private struct State {
        var free: Int
        var line: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ count: Int) {
        state = Mutex(State(free: count))
    }

    func take() async {
        await withCheckedContinuation { continuation in
            let isFree = state.withLock { state in
                if state.free > 0 {
                    state.free -= 1
                    return true
                }
                state.line.append(continuation)
                return false
            }
            if isFree { continuation.resume() }
        }
    }

    func giveBack() {
        let next = state.withLock { state -> CheckedContinuation<Void, Never>? in
            if state.line.isEmpty {
                state.free += 1
                return nil
            }
            return state.line.removeFirst()
        }
        next?.resume()
    }
}
