import Foundation
import Serving
import Testing

@testable import Monitoring

/// The figures of docs/reference/time-series.md: `swift test --filter SeriesFiguresTests` prints them.
@Suite struct SeriesFiguresTests {
    /// What a version does that answers 200 requests a second, with latencies that scatter by half an order of magnitude.
    private static func counts(seconds: Int, _ random: inout SeededRandom) -> SeriesCounts {
        let statistics = EndpointStatistics()
        // Of longer stretches no more than fills the histograms as much.
        for _ in 0..<min(200 * seconds, 20_000) {
            func scattered(_ microseconds: Double) -> UInt64 {
                // A sum of uniform numbers is normal enough.
                let normal = (0..<12).reduce(-6.0) { sum, _ in sum + Double.random(in: 0..<1, using: &random) }
                return UInt64(microseconds * 1000 * exp(normal / 2))
            }
            statistics.recordSuccess(
                EndpointStatistics.Timing(
                    rows: 1, queue: scattered(20), decode: scattered(5), compute: scattered(300), encode: scattered(4)))
        }
        statistics.recordFailure(.invalidRequest, nanoseconds: 1000)
        return SeriesCounts(statistics.snapshot())
    }

    @Test(arguments: [(SeriesLevel.seconds, 700_000), (.minutes, 420_000), (.hours, 2_600_000)])
    func `a version that is asked all the time takes as much room as is documented`(
        level: SeriesLevel, most: Int
    ) throws {
        var random = SeededRandom(seed: 7)
        let workshop = SeriesWorkshop()
        let book = workshop.book()
        // A few of each stand for all: a frame's size goes by its histograms' width.
        let samples = (0..<4).map { _ in Self.counts(seconds: level.unit, &random) }
        var time = SeriesWorkshop.noon
        for number in 0..<(level.keep + 2 * level.segmentSeconds) / level.unit {
            book.append([SeriesWorkshop.arm: samples[number % samples.count]], at: time)
            if number % 64 == 0 { _ = book.retain(now: time) }
            time += level.unit
        }
        _ = book.retain(now: time)
        let bytes = book.readable(level).segments.reduce(0) { $0 + $1.size }
        let frames = try SeriesWorkshop.frames(book, level).count
        print("\(level): \(bytes) bytes in \(frames) frames, \(bytes / max(1, frames)) each")
        #expect(bytes < most && bytes < level.bytes)
        #expect(frames >= level.keep / level.unit)
    }

    @Test func `what an endpoint holds in memory is kilobytes`() {
        // What the sampler knows of a version, and what a book has of a minute and an hour.
        let counts = MemoryLayout<SeriesCounts>.size + SeriesLayout.size * MemoryLayout<UInt64>.stride
        print("memory: \(counts) bytes for one version's counts, three of which are held")
        #expect(counts < 4096)
    }
}
