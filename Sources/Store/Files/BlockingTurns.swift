import Foundation

/// One thread at a time for each key; for threads that may block.
final class BlockingTurns: @unchecked Sendable {
    private let condition = NSCondition()
    /// Guarded by `condition`, hence the unchecked conformance.
    private var busy: Set<String> = []

    func take<Value>(_ key: String, _ body: () throws -> Value) rethrows -> Value {
        condition.lock()
        while !busy.insert(key).inserted { condition.wait() }
        condition.unlock()
        defer {
            condition.lock()
            busy.remove(key)
            condition.broadcast()
            condition.unlock()
        }
        return try body()
    }
}
