import Foundation
import Serving
import Testing

@testable import Monitoring

@Suite struct SeriesBookTests {
    /// Seconds that the clock goes on by: mostly one, sometimes none, a gap, or an hour in either direction.
    private static func step(_ random: inout SeededRandom) -> Int {
        switch Int.random(in: 0..<40, using: &random) {
        case 0: 3600
        case 1: -3600
        case 2: 0
        case 3: Int.random(in: 2...400, using: &random)
        default: 1
        }
    }

    @Test(arguments: 0..<8 as Range<UInt64>)
    func `no level loses or doubles a second, whatever the clock does and whenever the server is killed`(
        seed: UInt64
    ) throws {
        var random = SeededRandom(seed: seed)
        let workshop = SeriesWorkshop()
        var book = workshop.book()
        var expected: [SeriesLevel: [Int: SeriesCounts]] = [:]
        var time = SeriesWorkshop.noon
        for number in 0..<400 {
            time += Self.step(&random)
            let counts = SeriesWorkshop.counts(
                Int.random(in: 0...2, using: &random), nanoseconds: random.next() >> 34, failed: number % 3)
            if counts.isEmpty {
                book.end(at: time)
                continue
            }
            book.append([SeriesArm(version: number / 100, revision: 1, variant: nil): counts], at: time)
            for level in SeriesLevel.allCases {
                expected[level, default: [:]][level.start(of: time), default: SeriesCounts()].add(counts)
            }
            // As kill -9 does it: nothing is closed, and the next process finds what is there.
            if Int.random(in: 0..<25, using: &random) == 0 { book = workshop.book() }
        }
        for level in SeriesLevel.allCases {
            #expect(try SeriesWorkshop.totals(book, level) == expected[level])
            #expect(try SeriesWorkshop.totals(workshop.book(), level) == expected[level])
        }
    }

    @Test func `a file that is cut at any byte has the frames before it, and what is written next is found`() throws {
        let workshop = SeriesWorkshop()
        let book = workshop.book()
        for second in 0..<20 {
            book.append([SeriesWorkshop.arm: SeriesWorkshop.counts(second + 1)], at: SeriesWorkshop.noon + second)
        }
        let path = try #require(book.readable(.seconds).segments.first).path
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        var ends: [Int] = []
        for length in 0...whole.count {
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            var frames: [SeriesFrame] = []
            let size = try SeriesReading.payloads(of: path, .seconds) { (payload) throws(MalformedRecord) in
                frames.append(try SeriesFrameBytes.read(payload))
            }
            let expected: [UInt64] = frames.indices.map { UInt64($0 + 1) }
            #expect(frames.map(\.upTo) == expected)
            if size == length, size > 0 { ends.append(length) }
            guard length % 7 == 0 else { continue }
            let again = workshop.book()
            again.append([SeriesWorkshop.arm: SeriesWorkshop.counts(100)], at: SeriesWorkshop.noon + 30)
            #expect(try SeriesWorkshop.frames(again, .seconds).count == frames.count + 1)
            let minutes = try SeriesWorkshop.frames(again, .minutes)
            let requests = minutes.compactMap { $0.arms[SeriesWorkshop.arm]?.requests }
            #expect(Int(requests.reduce(0, +)) == frames.count * (frames.count + 1) / 2 + 100)
            for name in workshop.files where !path.hasSuffix(name) {
                try FileManager.default.removeItem(atPath: workshop.folder + "/default/churn/" + name)
            }
        }
        #expect(ends.count == 21 && ends.last == whole.count)
    }

    @Test func `while the disk is full seconds are lost, and their minutes are not`() throws {
        let workshop = SeriesWorkshop()
        let disk = FullDisk()
        let book = workshop.book(calls: disk.calls)
        for second in 0..<600 {
            disk.set((100..<400).contains(second))
            book.append([SeriesWorkshop.arm: SeriesWorkshop.counts(1)], at: SeriesWorkshop.noon + second)
        }
        let seconds = try SeriesWorkshop.totals(book, .seconds)
        #expect(seconds.count == 300 && seconds.values.allSatisfy { $0.requests == 1 })
        for book in [book, workshop.book()] {
            let minutes = try SeriesWorkshop.totals(book, .minutes)
            #expect(minutes.count == 10 && minutes.values.allSatisfy { $0.requests == 60 })
        }
    }

    @Test func `files stay within their bounds however much there is to write, and the newest is there`() throws {
        let workshop = SeriesWorkshop()
        let book = workshop.book()
        var wide = SeriesCounts()
        for place in 0..<SeriesLayout.size { wide.add(.max >> 8, at: place) }
        let arms = Dictionary(
            uniqueKeysWithValues: (0..<16).map {
                (SeriesArm(version: $0, revision: 1, variant: String(repeating: "v", count: 128)), wide)
            })
        // An hour apart, so that each second is a minute and an hour too.
        for number in 0..<150 { book.append(arms, at: SeriesWorkshop.noon + 3600 * number) }
        for level in SeriesLevel.allCases {
            let (segments, unwritten) = book.readable(level)
            let bytes = segments.reduce(0) { $0 + $1.size }
            #expect(bytes <= level.bytes && bytes > level.bytes * 7 / 8)
            let last = try #require(unwritten.last?.start ?? segments.last?.times?.upperBound)
            #expect(level.start(of: last) == level.start(of: SeriesWorkshop.noon + 3600 * 149))
        }
        let onDisk = workshop.files.reduce(0) { sum, name in
            let path = workshop.folder + "/default/churn/" + name
            return sum + ((try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0)
        }
        #expect(onDisk == book.bytes)
    }

    @Test func `what is too old goes by level, and in the end all of it`() throws {
        let workshop = SeriesWorkshop()
        let book = workshop.book()
        for minute in 0..<180 {
            book.append([SeriesWorkshop.arm: SeriesWorkshop.counts(1)], at: SeriesWorkshop.noon + 60 * minute)
        }
        let end = SeriesWorkshop.noon + 180 * 60
        #expect(!book.retain(now: end))
        let seconds = try SeriesWorkshop.frames(book, .seconds)
        // An hour, and what is in a file with that.
        #expect((60...66).contains(seconds.count))
        #expect(try SeriesWorkshop.frames(book, .minutes).count == 180)
        book.end(at: end + 3600)
        #expect(!workshop.book().retain(now: end + 90_000 + 7200))
        #expect(try SeriesWorkshop.frames(workshop.book(), .minutes).isEmpty)
        #expect(try SeriesWorkshop.totals(workshop.book(), .hours).values.map(\.requests) == [60, 60, 60])
        #expect(workshop.book().retain(now: end + 450 * 86_400))
        #expect(workshop.files.isEmpty)
    }
}
