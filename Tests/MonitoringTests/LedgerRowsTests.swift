import Journal
import Serving
import Testing

@testable import Monitoring

@Suite struct LedgerRowsTests {
    private func numbers(_ rows: LedgerRows) throws -> [UInt64] {
        var numbers: [UInt64] = []
        while true {
            switch try rows.next() {
            case .row(let row): numbers.append(row.prediction.low)
            case .searching: continue
            case .end: return numbers
            }
        }
    }

    /// Rows 0, 1, 2 ... in as many files as there are counts.
    private func write(_ counts: [Int], in workshop: LedgerWorkshop) -> LedgerBook {
        var next = 0
        for count in counts {
            let book = workshop.book()
            workshop.write((next..<(next + count)).map { .numbered($0) }, to: book)
            book.close()
            next += count
        }
        return workshop.book()
    }

    @Test func `the newest rows are handed out with the oldest of them first, whatever files they are in`() throws {
        var random = SeededRandom(seed: 11)
        for _ in 0..<30 {
            let workshop = LedgerWorkshop()
            let counts = (0..<Int.random(in: 1...5, using: &random)).map { _ in Int.random(in: 0...7, using: &random) }
            let book = write(counts, in: workshop)
            let all = (0..<UInt64(counts.reduce(0, +))).map { $0 }
            for newest in 0...(all.count + 2) {
                let found = try numbers(LedgerRows(book, LedgerQuery(), newest: newest))
                #expect(found == all.suffix(newest))
            }
        }
    }

    @Test func `only rows that the query wants are counted`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        for version in [1, 2, 3, 2] {
            let options = LedgerOptions()
            let tap = LedgerTap(
                LedgerWorkshop.entry(options, version: version), variant: nil, options: options, rules: .test,
                book: book, queue: LedgerQueue())
            workshop.write((0..<10).map { .numbered(100 * version + $0) }, to: book, through: tap)
        }
        var query = LedgerQuery()
        query.versions = [2]
        #expect(try numbers(LedgerRows(book, query, newest: 15)).count == 15)
        query.versions = [1, 3]
        #expect(try numbers(LedgerRows(book, query, newest: 12)) == [108, 109] + (300..<310))
        query = LedgerQuery()
        query.exceptVersion = 2
        #expect(try numbers(LedgerRows(book, query, newest: 100)) == Array(100..<110) + (300..<310))
    }

    @Test func `rows that go while they are read are missing, and nothing else is`() throws {
        let workshop = LedgerWorkshop()
        let book = write([5, 5], in: workshop)
        let rows = LedgerRows(book, LedgerQuery(), newest: 8)
        book.removeAll()
        #expect(try numbers(rows).isEmpty)
    }

    @Test func `a ledger knows which of its endpoints have rows of a model`() async throws {
        let workshop = LedgerWorkshop()
        let ledger = workshop.ledger()
        defer { ledger.close() }
        let tap = try #require(ledger.observer(of: LedgerWorkshop.entry(LedgerOptions()), as: nil))
        #expect(await ledger.endpoints(of: "churn", space: "default").isEmpty)
        tap.observe(.numbered(1))
        #expect(await ledger.endpoints(of: "churn", space: "default") == ["churn"])
        #expect(await ledger.endpoints(of: "churn", space: "prod").isEmpty)
        #expect(await ledger.endpoints(of: "other", space: "default").isEmpty)
    }
}
