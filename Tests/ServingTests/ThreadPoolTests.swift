import Dispatch
import Foundation
import Synchronization
import Testing

@testable import Serving

@Suite struct ThreadPoolTests {
    /// Of the calling thread: 19 is the lowest, and a thread that is started inherits it.
    private static func niceness() -> Int32 { getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0) }

    @Test func `threads have their pool's priority, whoever brings the work`() async {
        let pools = [ThreadPool(), ThreadPool(priority: .background), ThreadPool(priority: .idle), ThreadPool()]
        let found = await withCheckedContinuation { continuation in
            Self.visit(pools[...], []) { continuation.resume(returning: $0) }
        }
        // Where tests themselves are run at another priority, that is the ordinary one.
        let own = Self.niceness()
        #expect(found == [own, 19, 19, own])
    }

    /// From a thread of one pool to one of the next.
    private static func visit(
        _ pools: ArraySlice<ThreadPool>, _ found: [Int32], then: @escaping @Sendable ([Int32]) -> Void
    ) {
        guard let pool = pools.first else { return then(found) }
        pool.run { visit(pools.dropFirst(), found + [niceness()], then: then) }
    }
}
