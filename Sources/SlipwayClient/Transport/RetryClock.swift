/// Time and chance as retries see them; tests bring their own.
struct RetryClock: Sendable {
    /// Since some moment that stays the same.
    var now: @Sendable () -> Duration
    /// Throws when the task is cancelled.
    var sleep: @Sendable (Duration) async throws -> Void
    /// In 0..<1.
    var chance: @Sendable () -> Double

    static let system = RetryClock(
        now: { [start = ContinuousClock.now] in ContinuousClock.now - start },
        sleep: { try await Task.sleep(for: $0) },
        chance: { Double.random(in: 0..<1) })
}
