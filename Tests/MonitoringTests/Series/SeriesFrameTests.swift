import Serving
import Testing

@testable import Monitoring

@Suite struct SeriesFrameTests {
    private static func frame(_ random: inout SeededRandom) -> SeriesFrame {
        var frame = SeriesFrame(upTo: random.next(), start: Int(Int64(bitPattern: random.next()) >> 20))
        for version in 0..<Int.random(in: 0...3, using: &random) {
            var counts = SeriesCounts()
            for _ in 0..<Int.random(in: 0...40, using: &random) {
                counts.add(
                    random.next() >> UInt64.random(in: 0..<64, using: &random),
                    at: .random(in: 0..<SeriesLayout.size, using: &random))
            }
            counts.see(queueDepth: random.next(), memoryBytes: random.next())
            frame.arms[SeriesArm(version: version, revision: 2, variant: version == 1 ? "new" : nil)] = counts
        }
        return frame
    }

    @Test(arguments: 0..<200 as Range<UInt64>)
    func `a frame is read as it was written`(seed: UInt64) throws {
        var random = SeededRandom(seed: seed)
        let frame = Self.frame(&random)
        let bytes = RecordBytes()
        SeriesFrameBytes.write(frame, into: bytes)
        let payload = try #require(SeriesFrameBytes.payload(at: 0, of: bytes.bytes))
        #expect(payload.count == bytes.count - SeriesFrameBytes.prefix)
        #expect(try SeriesFrameBytes.read(payload) == frame)
        let time = try SeriesFrameBytes.time(payload)
        #expect(time.upTo == frame.upTo && time.start == frame.start)
    }

    @Test func `a payload with any byte changed is refused by its checksum, and bytes of any kind do no harm`() throws {
        var random = SeededRandom(seed: 1)
        let bytes = RecordBytes()
        SeriesFrameBytes.write(Self.frame(&random), into: bytes)
        var copy = Array(bytes.bytes)
        for index in copy.indices {
            copy[index] ^= 0x10
            #expect(copy.withUnsafeBytes { SeriesFrameBytes.payload(at: 0, of: $0) == nil })
            copy[index] ^= 0x10
        }
        for _ in 0..<2000 {
            let noise = (0..<Int.random(in: 0...60, using: &random)).map { _ in
                UInt8.random(in: 0...255, using: &random)
            }
            noise.withUnsafeBytes { noise in _ = try? SeriesFrameBytes.read(noise) }
        }
    }

    @Test func `a number that a later version counts is left out, and the others are read`() throws {
        let bytes = RecordBytes()
        bytes.writeVarint(9)
        bytes.write(Int64(60))
        bytes.writeVarint(1)
        for number: UInt64 in [3, 7] { bytes.writeVarint(number) }
        bytes.write("")
        for number: UInt64 in [1, 2, 2, 1, 5, 1_000_000, 6] { bytes.writeVarint(number) }
        let frame = try SeriesFrameBytes.read(bytes.bytes)
        let counts = try #require(frame.arms[SeriesArm(version: 3, revision: 7, variant: nil)])
        #expect(counts[.rows] == 5 && counts.queueDepth == 1 && counts.memoryBytes == 2)
    }

    @Test func `places of counts never overlap, and runs are told apart by powers of two`() {
        var places = SeriesCounter.allCases.map(\.rawValue)
        places += PredictionFault.allCases.map(SeriesLayout.place)
        places += SeriesStage.allCases.flatMap { Array(SeriesLayout.places(of: $0)) }
        places += (0..<SeriesLayout.runBins).map { SeriesLayout.place(ofRunsWith: 1 << $0) }
        #expect(Set(places).count == places.count)
        #expect(places.allSatisfy { (0..<SeriesLayout.size).contains($0) })
        for (rows, bin) in [(0, 0), (1, 0), (2, 1), (3, 2), (4, 2), (5, 3), (8, 3), (9, 4), (.max, 17)] {
            #expect(SeriesLayout.place(ofRunsWith: rows) == SeriesLayout.place(ofRunsWith: 1) + bin)
        }
    }

    @Test func `counts of stretches add up to those of all of it, quantiles included`() throws {
        let statistics = EndpointStatistics()
        var sum = SeriesCounts()
        var before = SeriesCounts()
        for stretch in 1...5 {
            for number in 0..<stretch * 10 {
                statistics.recordSuccess(
                    EndpointStatistics.Timing(
                        rows: 1, queue: UInt64(number) * 1000, decode: 5, compute: UInt64(stretch) * 100_000, encode: 7)
                )
            }
            statistics.recordFailure(.overloaded, nanoseconds: 3)
            statistics.recordFailure(.quota, nanoseconds: 3)
            let now = SeriesCounts(statistics.snapshot())
            sum.add(now.since(before))
            before = now
        }
        #expect(sum == before)
        #expect(sum.requests == 160 && sum.failures == 10 && sum.errors == 5 && sum[.overloaded] == 5)
        for stage in SeriesStage.allCases { #expect(sum.histogram(stage).reduce(0, +) == 150) }
        #expect(LatencyHistogram.quantile(0.5, of: sum.histogram(.compute)) == 400_000)
    }
}
