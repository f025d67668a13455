import Testing

@testable import Serving

@Suite struct CostEstimateTests {
    @Test func `nothing is expected of a size, and of smaller ones, that were never seen`() {
        let cost = CostEstimate()
        #expect(cost.expected(size: 64) == nil)
        cost.record(size: 64, nanoseconds: 1000)
        #expect(cost.expected(size: 64) == 1000)
        #expect(cost.expected(size: 16) == nil)
        // Four times as many bytes may cost four times as much.
        #expect(cost.expected(size: 256) == 4000)
    }

    @Test func `runs whose threads were put aside, and were not most of them, change nothing much`() throws {
        let cost = CostEstimate()
        for turn in 0..<10_000 {
            cost.record(size: 64, nanoseconds: turn % 5 < 2 ? 4_000_000 : 5000)
        }
        #expect(try #require(cost.expected(size: 64)) < 10_000)
    }

    @Test(arguments: [(5000, 80_000), (80_000, 5000), (1, 3_000_000_000)] as [(UInt64, UInt64)])
    func `what a run costs from now on is known soon`(before: UInt64, after: UInt64) throws {
        let cost = CostEstimate()
        for _ in 0..<100 { cost.record(size: 64, nanoseconds: before) }
        for _ in 0..<250 { cost.record(size: 64, nanoseconds: after) }
        let known = try #require(cost.expected(size: 64))
        #expect(Double(known) > 0.9 * Double(after) && Double(known) < 1.1 * Double(after))
    }

    @Test func `no duration is too long or too short`() throws {
        let cost = CostEstimate()
        for nanoseconds in [0, .max, 0, .max, .max, 0] as [UInt64] { cost.record(size: 64, nanoseconds: nanoseconds) }
        #expect(try #require(cost.expected(size: .max)) > 0)
    }

    @Test func `the least of all sizes is that of the cheapest that was seen`() {
        let cost = CostEstimate()
        #expect(cost.least == nil)
        cost.record(size: 4096, nanoseconds: 900)
        cost.record(size: 16, nanoseconds: 1000)
        #expect(cost.least == 900)
    }
}
