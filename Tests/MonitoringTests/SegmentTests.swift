import Foundation
import Journal
import Serving
import Tensors
import Testing

@testable import Monitoring

@Suite struct SegmentTests {
    /// A file of a few rows, closed in order, and where each of its records begins.
    private static func file(_ workshop: LedgerWorkshop, rows: Int = 6) throws -> (ReadableSegment, [UInt8]) {
        let book = workshop.book()
        workshop.write((0..<rows).map { .numbered($0, customer: $0) }, to: book)
        book.close()
        let segment = try #require(book.segments.first)
        return (segment, Array(try Data(contentsOf: URL(fileURLWithPath: segment.path))))
    }

    private struct Reading {
        var numbers: [UInt64] = []
        var damaged = 0
        var isCut = false
    }

    private static func read(_ bytes: some Sequence<UInt8>, _ segment: ReadableSegment) throws -> Reading {
        let path = segment.path + ".copy"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        let reader = try SegmentReader(path: path, name: segment.name)
        var reading = Reading()
        while let payload = try reader.next() {
            if RecordDecoder.kind(of: payload) == RecordEncoder.Kind.prediction {
                reading.numbers.append(try RecordDecoder.row(payload).prediction.low)
            }
        }
        reading.damaged = reader.damaged
        reading.isCut = reader.isCut
        return reading
    }

    @Test func `a file that is cut at any byte gives the rows before the cut, and is not called damaged`() throws {
        let workshop = LedgerWorkshop()
        let (segment, bytes) = try Self.file(workshop)
        let all = try Self.read(bytes, segment)
        #expect(all.numbers == [0, 1, 2, 3, 4, 5])
        #expect((all.damaged, all.isCut) == (0, false))
        var last = 0
        for end in bytes.indices {
            let cut = try Self.read(bytes[..<end], segment)
            #expect(cut.numbers == Array(0..<UInt64(cut.numbers.count)), "cut at \(end)")
            #expect(cut.numbers.count >= last, "cut at \(end)")
            #expect(cut.damaged == 0, "cut at \(end)")
            last = cut.numbers.count
        }
        #expect(last == 6)
    }

    @Test func `a byte that flips costs one row at most, and is counted once`() throws {
        let workshop = LedgerWorkshop()
        let (segment, bytes) = try Self.file(workshop)
        for (index, bit) in bytes.indices.flatMap({ index in [0, 3, 7].map { (index, $0) } }) {
            var flipped = bytes
            flipped[index] ^= 1 << UInt8(bit)
            let reading = try Self.read(flipped, segment)
            #expect(reading.numbers.count >= 5, "byte \(index)")
            #expect(reading.numbers == reading.numbers.sorted() && Set(reading.numbers).count == reading.numbers.count)
            #expect(reading.damaged + (reading.isCut ? 1 : 0) == 1, "byte \(index), bit \(bit)")
        }
    }

    @Test func `bytes that a caller sends are never taken for a record`() throws {
        let workshop = LedgerWorkshop()
        let (segment, bytes) = try Self.file(workshop, rows: 2)
        // The whole of another file as the value of an input: with the right frames, and the mark of another segment.
        let text = BytesElements.encode([bytes]) ?? TensorStorage(byteCount: 0)
        var row = ObservedPrediction.numbered(7)
        row.inputs = [Tensor(checkedName: "text", elementType: .bytes, shape: .vector(1), storage: text)]
        let book = workshop.book()
        workshop.write([row, .numbered(8)], to: book)
        book.close()
        let newest = try #require(book.segments.last)
        #expect(newest.name.mark != segment.name.mark)
        var carrier = Array(try Data(contentsOf: URL(fileURLWithPath: newest.path)))
        // The frame of the first row lies: what comes after it has to be looked for.
        let header = try #require(carrier.withUnsafeBytes { SegmentHeader.read($0) }).length
        carrier[header + 4] ^= 0x55
        #expect(try Self.read(carrier, newest).numbers == [8])
    }

    @Test func `what is in a closed file is told without reading it, and in one that was not closed by reading it`()
        throws
    {
        let workshop = LedgerWorkshop()
        let (segment, bytes) = try Self.file(workshop)
        let told = try SegmentSummary.of(segment.path, segment.name, limit: nil)
        #expect(told == segment.summary)
        #expect((told.rows, told.oldest, told.newest) == (6, workshop.clock.now, workshop.clock.now))
        let path = segment.path + ".cut"
        try Data(bytes.dropLast(3)).write(to: URL(fileURLWithPath: path))
        var found = try SegmentSummary.of(path, segment.name, limit: nil)
        #expect(found.damaged == 1)
        found.damaged = 0
        #expect(found == told)
    }

    @Test func `only our own names are segments`() {
        let name = SegmentName(sequence: 18, mark: 0xabcd)
        #expect(name.text == "0000000000000012-0000abcd.seg")
        #expect(SegmentName(name.text) == name)
        for other in ["key", "0000000000000012-0000abcd.seg.new", "12-abcd.seg", "000000000000001g-0000abcd.seg"] {
            #expect(SegmentName(other) == nil)
        }
    }
}
