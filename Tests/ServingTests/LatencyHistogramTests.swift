import Serving
import Testing

@Suite struct LatencyHistogramTests {
    @Test func `bounds ascend and hold 1, 2.5 and 5 of every decade`() {
        let bounds = LatencyHistogram.bounds
        #expect(zip(bounds, bounds.dropFirst()).allSatisfy { $0 < $1 })
        var decade: UInt64 = 1000
        while decade <= 10_000_000_000 {
            for step in [decade, decade * 5 / 2, decade * 5] { #expect(bounds.contains(step)) }
            decade *= 10
        }
    }

    @Test(arguments: [0, 1, 999, 1000, 1001, 49_999, 50_000, 50_001, 99_999_999_999, UInt64.max])
    func `a duration is counted in the first bucket whose bound is not below it`(duration: UInt64) throws {
        let histogram = LatencyHistogram()
        histogram.record(duration)
        let counts = histogram.snapshot()
        #expect(counts.reduce(0, +) == 1)
        let index = try #require(counts.firstIndex(of: 1))
        if index < LatencyHistogram.bounds.count { #expect(LatencyHistogram.bounds[index] >= duration) }
        if index > 0 { #expect(LatencyHistogram.bounds[index - 1] < duration) }
    }

    @Test func `quantiles are bounds at or above the exact ones, by at most one bucket`() throws {
        let histogram = LatencyHistogram()
        for microseconds in 1...1000 { histogram.record(UInt64(microseconds) * 1000) }
        let counts = histogram.snapshot()
        #expect(LatencyHistogram.quantile(0.5, of: counts) == 500_000)
        #expect(LatencyHistogram.quantile(0.99, of: counts) == 1_000_000)
        #expect(LatencyHistogram.quantile(0.5, of: LatencyHistogram().snapshot()) == nil)
    }
}
