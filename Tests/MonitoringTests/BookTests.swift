import Foundation
import Journal
import Serving
import Synchronization
import Testing

@testable import Monitoring

#if canImport(Glibc)
    import Glibc
#endif

@Suite struct BookTests {
    private static func files(_ book: LedgerBook) -> [String] { LedgerFolder.names(book.folder) }

    @Test func `rows are there for whoever opens the ledger again, in the order in which they were written`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        workshop.write((0..<3).map { .numbered($0) }, to: book)
        // As after kill -9: nobody closed anything.
        let again = workshop.book()
        workshop.write((3..<5).map { .numbered($0) }, to: again)
        #expect(try LedgerWorkshop.rows(of: again).map(\.prediction.low) == [0, 1, 2, 3, 4])
        #expect(again.counts == ObserverCounts(recorded: 2))
        #expect(Self.files(again).count == 2)
    }

    @Test func `a full file is followed by the next, and the oldest go when there are too many`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        book.configure(LedgerBook.Settings(retentionDays: 30, retentionBytes: 16 << 20, model: "churn"))
        let large = (0..<40).map { number in
            var row = ObservedPrediction.numbered(number)
            row.inputs = [.numbers("x", [Int](repeating: number, count: 16 << 10))]
            return row
        }
        for _ in 0..<5 { for row in large { workshop.write([row], to: book) } }
        #expect(book.segments.count > 20)
        #expect(book.segments.allSatisfy { $0.size <= 2 << 20 })
        let before = book.segments.reduce(0) { $0 + $1.size }
        #expect(before > 16 << 20)
        book.retain()
        let after = book.segments.reduce(0) { $0 + $1.size }
        #expect(after <= 16 << 20 && after > 14 << 20)
        #expect(Self.files(book).count == book.segments.count)
        #expect(try LedgerWorkshop.rows(of: book).last?.prediction.low == 39)
    }

    @Test func `rows that are too old go, with or without a deployment`() throws {
        let workshop = LedgerWorkshop()
        workshop.clock.now = Int(Date().timeIntervalSince1970) * 1_000_000
        let book = workshop.book()
        book.configure(LedgerBook.Settings(retentionDays: 2, retentionBytes: 1 << 30, model: "churn"))
        workshop.write([.numbered(1)], to: book)
        book.close()
        workshop.clock.now += 86_400_000_000
        // Nobody configures this one: what holds is in the file.
        let orphan = workshop.book()
        orphan.retain()
        #expect(try LedgerWorkshop.rows(of: orphan).count == 1)
        workshop.clock.now += 86_400_000_000 + 60_000_000
        orphan.retain()
        #expect(try LedgerWorkshop.rows(of: orphan).isEmpty)
        #expect(Self.files(orphan).isEmpty)
    }

    @Test func `a thin ledger is closed after a while, so that its rows can go in time`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        book.configure(LedgerBook.Settings(retentionDays: 1, retentionBytes: 1 << 30, model: "churn"))
        workshop.write([.numbered(1)], to: book)
        workshop.clock.now += 3_599_000_000
        book.retain()
        workshop.write([.numbered(2)], to: book)
        #expect(book.segments.count == 1)
        workshop.clock.now += 1_000_000
        book.retain()
        workshop.write([.numbered(3)], to: book)
        #expect(book.segments.count == 2)
    }

    /// Writes a part and then fails, while the disk is full.
    private final class Disk: Sendable {
        let isFull = Atomic<Bool>(false)

        var calls: FileCalls {
            FileCalls(write: { [self] file, bytes in
                guard isFull.load(ordering: .relaxed) else {
                    return Foundation.write(file, bytes.baseAddress, bytes.count)
                }
                if bytes.count > 10 { return Foundation.write(file, bytes.baseAddress, 10) }
                errno = ENOSPC
                return -1
            })
        }
    }

    @Test func `a full disk costs the rows of that while, which are counted, and no others`() throws {
        let workshop = LedgerWorkshop()
        let disk = Disk()
        let book = workshop.book(calls: disk.calls)
        workshop.write([.numbered(0), .numbered(1)], to: book)
        disk.isFull.store(true, ordering: .relaxed)
        workshop.write([.numbered(2), .numbered(3)], to: book)
        workshop.write([.numbered(4)], to: book)
        disk.isFull.store(false, ordering: .relaxed)
        workshop.write([.numbered(5)], to: book)
        #expect(try LedgerWorkshop.rows(of: book).map(\.prediction.low) == [0, 1, 5])
        #expect(book.counts == ObserverCounts(recorded: 3, droppedDisk: 3))
        let reader = RowReader(book, book.segments)
        while try reader.next() != nil {}
        #expect(reader.damaged == 0)
    }

    @Test func `a disk that is full from the beginning costs rows until there is room`() throws {
        let workshop = LedgerWorkshop()
        let disk = Disk()
        disk.isFull.store(true, ordering: .relaxed)
        let book = workshop.book(calls: disk.calls)
        workshop.write([.numbered(0), .numbered(1)], to: book)
        #expect(Self.files(book).isEmpty)
        disk.isFull.store(false, ordering: .relaxed)
        workshop.write([.numbered(2)], to: book)
        #expect(try LedgerWorkshop.rows(of: book).map(\.prediction.low) == [2])
        #expect(book.counts == ObserverCounts(recorded: 1, droppedDisk: 2))
    }

    @Test func `a query finds what it names and nothing else`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        workshop.write([.numbered(0), .numbered(1, fault: .failed)], to: book)
        let start = workshop.clock.now
        book.closeSegment()
        workshop.clock.now += 10_000_000
        let other = LedgerTap(
            LedgerWorkshop.entry(nil, version: 4), variant: "canary", options: LedgerOptions(), rules: .test,
            book: book,
            queue: LedgerQueue())
        workshop.write([.numbered(2)], to: book, through: other)
        func found(_ query: LedgerQuery) throws -> [UInt64] {
            try LedgerWorkshop.rows(of: book, query).map(\.prediction.low)
        }
        #expect(try found(LedgerQuery()) == [0, 1, 2])
        #expect(try found(LedgerQuery(version: 4)) == [2])
        #expect(try found(LedgerQuery(variant: "canary")) == [2])
        #expect(try found(LedgerQuery(errorsOnly: true)) == [1])
        let later = Timestamp(microseconds: start + 1)
        #expect(try found(LedgerQuery(from: later)) == [2])
        #expect(try found(LedgerQuery(to: later)) == [0, 1])
        #expect(try found(LedgerQuery(from: Timestamp(microseconds: start), to: later)) == [0, 1])
    }
}
