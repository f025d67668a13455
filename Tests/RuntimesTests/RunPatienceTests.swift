import Testing

@testable import Runtimes

@Suite struct RunPatienceTests {
    private static let second: UInt64 = 1_000_000_000
    private static let grace: UInt64 = 100_000_000

    @Test func `a run has the endpoint's deadline where its caller has none`() {
        let patience = RunPatience(most: 60 * Self.second)
        #expect(patience.limit(begun: 5, deadline: nil) == 5 + 60 * Self.second + Self.grace)
    }

    @Test func `a caller's deadline is kept where the endpoint's is no longer`() {
        let patience = RunPatience(most: Self.second / 2)
        #expect(patience.limit(begun: 5, deadline: 5 + Self.second / 2) == 5 + Self.second / 2 + Self.grace)
    }

    @Test func `a shorter deadline of a caller's leaves the run a second, or twice what a run has taken`() {
        let patience = RunPatience(most: 60 * Self.second)
        #expect(patience.limit(begun: 5, deadline: 6) == 5 + Self.second + Self.grace)
        patience.ended(after: 3 * Self.second)
        patience.ended(after: Self.second)
        #expect(patience.limit(begun: 5, deadline: 6) == 5 + 6 * Self.second + Self.grace)
        patience.ended(after: 50 * Self.second)
        let most = 5 + 60 * Self.second + Self.grace
        #expect(patience.limit(begun: 5, deadline: 6) == most, "never beyond the endpoint's own")
    }

    @Test func `moments that nobody lives to see do not overflow`() {
        let patience = RunPatience(most: .max)
        patience.ended(after: .max)
        #expect(patience.limit(begun: .max - 1, deadline: nil) == .max)
        #expect(patience.limit(begun: 1, deadline: .max) == .max)
    }
}
