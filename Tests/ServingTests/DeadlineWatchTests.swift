import Synchronization
import Testing

@testable import Serving

/// Deadlines with real threads and the real clock; no test says how long anything takes.
@Suite(.timeLimit(.minutes(1))) struct DeadlineWatchTests {
    /// Is answered by its deadline, or by the test.
    private final class Bound: DeadlineBound {
        let deadline: UInt64
        private let answered = Atomic(false)
        private let watch: DeadlineWatch
        private let expired: AsyncStream<Bound>.Continuation

        init(_ watch: DeadlineWatch, in milliseconds: UInt64, tells expired: AsyncStream<Bound>.Continuation) {
            self.watch = watch
            deadline = MonotonicClock.nanoseconds() + milliseconds * 1_000_000
            self.expired = expired
        }

        var isAnswered: Bool { answered.load(ordering: .acquiring) }

        func answer() {
            answered.store(true, ordering: .releasing)
            watch.remove(self)
        }

        func expire() {
            answer()
            expired.yield(self)
        }
    }

    private let watch = DeadlineWatch(pool: ThreadPool())
    private let expired: AsyncStream<Bound>
    private let feed: AsyncStream<Bound>.Continuation

    init() {
        (expired, feed) = AsyncStream.makeStream()
    }

    /// The next that expires.
    private func next(_ iterator: inout AsyncStream<Bound>.Iterator) async throws -> Bound {
        let bound = try #require(await iterator.next())
        #expect(MonotonicClock.nanoseconds() >= bound.deadline)
        return bound
    }

    @Test func `each expires once its time is over, whatever the order they came in`() async throws {
        var left: Set<ObjectIdentifier> = []
        for milliseconds in [90, 5, 40, 0, 300, 41] as [UInt64] {
            let bound = Bound(watch, in: milliseconds, tells: feed)
            left.insert(ObjectIdentifier(bound))
            watch.add(bound)
        }
        var iterator = expired.makeAsyncIterator()
        while !left.isEmpty { #expect(left.remove(ObjectIdentifier(try await next(&iterator))) != nil) }
    }

    @Test func `one that is due sooner wakes a watch that sleeps for longer`() async throws {
        let far = Bound(watch, in: 3_600_000, tells: feed)
        watch.add(far)
        var iterator = expired.makeAsyncIterator()
        for _ in 0..<5 {
            let near = Bound(watch, in: 20, tells: feed)
            watch.add(near)
            #expect(try await next(&iterator) === near)
        }
        #expect(!far.isAnswered)
    }

    @Test func `what is answered is let go of at once, and never expires`() async throws {
        weak var answered: Bound?
        do {
            let bound = Bound(watch, in: 3_600_000, tells: feed)
            answered = bound
            watch.add(bound)
            bound.answer()
        }
        #expect(answered == nil)
        let other = Bound(watch, in: 60, tells: feed)
        watch.add(other)
        var iterator = expired.makeAsyncIterator()
        #expect(try await next(&iterator) === other)
    }

    @Test func `what was answered before the watch heard of it is not kept`() {
        weak var answered: Bound?
        do {
            let bound = Bound(watch, in: 3_600_000, tells: feed)
            answered = bound
            bound.answer()
            watch.add(bound)
        }
        #expect(answered == nil)
    }

    @Test func `a watch that has nothing left begins again with the next`() async throws {
        var iterator = expired.makeAsyncIterator()
        for _ in 0..<3 {
            let bound = Bound(watch, in: 1, tells: feed)
            watch.add(bound)
            #expect(try await next(&iterator) === bound)
            // Longer than it stays with nothing to do.
            try await Task.sleep(for: .milliseconds(1200))
        }
    }
}
