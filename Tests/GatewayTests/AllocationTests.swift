import CAllocationCount
import Foundation
import NIOCore
import NIOEmbedded
import Serving
import Testing

@testable import Gateway

/// What a whole prediction takes of the allocator, from the bytes of its request to those of its answer.
@Suite struct AllocationTests {
    /// So many are counted, after as many that are not.
    private static let requests = 200
    private static let body = """
        {"id":"7","parameters":{"user":"somebody with a name that no small string has room for"},"inputs":[\
        {"name":"x","datatype":"FP32","shape":[1,2],"data":[1.5,-2]}]}
        """

    /// How often the median request asks for memory at an endpoint with this plan, or with none.
    private func allocations(
        _ plan: TrafficPlan?, fields: [String], isWatched: Bool = true
    ) async throws -> Int64 {
        let workshop = try await Workshop(isWatched: isWatched)
        var entry = Workshop.entry("fast")
        entry.traffic = plan
        await workshop.dataPlane.install(ServingSnapshot(generation: 1, endpoints: [entry]))
        let bench = try Bench(workshop)
        let bytes = ByteBuffer(string: Request.predict("fast", Self.body, fields: fields))
        var counts: [Int64] = []
        for number in 0..<(50 * Self.requests) where counts.count < Self.requests {
            let before = allocation_count()
            try bench.channel.writeInbound(bytes)
            bench.endTurn()
            let after = allocation_count()
            let answers = bench.answers()
            // One that comes later, from another thread, is none that can be counted here.
            guard answers.count == 1 else {
                pause()
                bench.endTurn()
                _ = bench.answers()
                continue
            }
            #expect(answers[0].status == 200)
            #expect((answers[0]["slipway-variant"] != nil) == (plan != nil))
            if number >= Self.requests { counts.append(after - before) }
        }
        try #require(counts.count == Self.requests)
        return counts.sorted()[counts.count / 2]
    }

    /// Without leaving the thread that the event loop belongs to.
    private func pause() { Thread.sleep(forTimeInterval: 0.005) }

    private func plan(_ strategy: RolloutStrategy, _ weights: [Int], _ sticky: StickyKey?) -> TrafficPlan {
        TrafficPlan(
            rollout: 1, strategy: strategy,
            targets: weights.enumerated().map { index, weight in
                TrafficTarget(
                    variant: index == 0 ? "stable" : "canary-\(index)", weight: weight,
                    entry: Workshop.entry("fast", digest: "fast\(index)", version: 3 + index))
            }, sticky: sticky)
    }

    @Test(
        arguments: [
            (.canary, [9900, 100], nil), (.canary, [5000, 5000], .header("user")),
            (.canary, [5000, 5000], .input("x")),
            (.canary, [5000, 5000], .parameter("user")), (.ab, [2000, 3000, 5000], .header("user")),
        ] as [(RolloutStrategy, [Int], StickyKey?)])
    func `a prediction allocates no more while a rollout shares the requests of its endpoint`(
        strategy: RolloutStrategy, weights: [Int], sticky: StickyKey?
    ) async throws {
        guard allocation_count() >= 0 else { return }
        let fields = ["user: somebody with a name that no small string has room for"]
        let without = try await allocations(nil, fields: fields)
        let with = try await allocations(plan(strategy, weights, sticky), fields: fields)
        #expect(with == without)
    }

    @Test func `a prediction of which no row is wanted allocates no more than one that nobody watches`() async throws {
        guard allocation_count() >= 0 else { return }
        // The thread that gives credit is not there: no row is wanted.
        #expect(try await allocations(nil, fields: []) == allocations(nil, fields: [], isWatched: false))
    }
}
