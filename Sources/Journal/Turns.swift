import Synchronization

/// Lets one task at a time do something for a key, in the order of asking; tasks with other keys do not wait.
package final class Turns: Sendable {
    private let waiting = Mutex<[String: [CheckedContinuation<Void, Never>]]>([:])

    package init() {}

    /// Runs `body` once everyone who asked for `key` before has finished. Other keys do not wait.
    package func take<Value: Sendable>(
        _ key: String, _ body: () async throws(ControlError) -> Value
    ) async throws(ControlError) -> Value {
        await begin(key)
        defer { end(key) }
        return try await body()
    }

    private func begin(_ key: String) async {
        await withCheckedContinuation { continuation in
            let isFirst = waiting.withLock { waiting in
                if waiting[key] == nil {
                    waiting[key] = []
                    return true
                }
                waiting[key]?.append(continuation)
                return false
            }
            if isFirst { continuation.resume() }
        }
    }

    private func end(_ key: String) {
        let next = waiting.withLock { waiting -> CheckedContinuation<Void, Never>? in
            guard var queue = waiting[key], !queue.isEmpty else {
                waiting[key] = nil
                return nil
            }
            let next = queue.removeFirst()
            waiting[key] = queue
            return next
        }
        next?.resume()
    }
}
