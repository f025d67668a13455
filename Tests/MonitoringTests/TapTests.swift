import Journal
import Serving
import Tensors
import Testing

@testable import Monitoring

@Suite struct TapTests {
    @Test func `a line that is full drops and counts, with nobody there to write`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        let queue = LedgerQueue(lines: 1, rows: 10, bytes: 1 << 20)
        let tap = workshop.tap(book, queue: queue)
        for number in 0..<25 { tap.observe(.numbered(number)) }
        #expect(book.counts == ObserverCounts(droppedQueue: 15))
        var spare = WaitingRows()
        #expect(queue.take(with: &spare) { tap, row in tap.book.append(row, of: tap) } == 10)
        book.endPass()
        #expect(try LedgerWorkshop.rows(of: book).map(\.prediction.low) == Array(0..<10))
        tap.observe(.numbered(25))
        #expect(queue.take(with: &spare) { _, _ in } == 1)
    }

    @Test func `a line holds no more bytes of tensors than it may`() {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        let queue = LedgerQueue(lines: 1, rows: 1000, bytes: 10_000)
        let tap = workshop.tap(book, queue: queue)
        var row = ObservedPrediction.numbered(1)
        row.inputs = [.numbers("x", [Int](repeating: 1, count: 500))]
        for _ in 0..<10 { tap.observe(row) }
        #expect(book.counts.droppedQueue == 7)
    }

    @Test(arguments: [0.5, 0.1, 0.01, 0.999])
    func `a share is a share, within what chance allows`(share: Double) {
        let sampling = Sampling(share: share)
        var random = SeededRandom(seed: 17)
        let count = 100_000
        // As the server makes them: one number after the other behind a random one.
        var taken = 0
        for _ in 0..<10 {
            let (high, low) = (random.next(), random.next())
            for number in 0..<UInt64(count / 10)
            where sampling.takes(PredictionID(high: high, low: low &+ number)) { taken += 1 }
        }
        let deviation = (Double(count) * share * (1 - share)).squareRoot()
        #expect(abs(Double(taken) - Double(count) * share) < 4 * deviation)
    }

    @Test func `all is all, and none is none but for errors`() {
        let workshop = LedgerWorkshop()
        let queue = LedgerQueue()
        func taken(_ share: Double, _ row: ObservedPrediction) -> Int {
            let tap = workshop.tap(workshop.book(), options: LedgerOptions(share: share), queue: queue)
            for _ in 0..<100 { tap.observe(row) }
            var spare = WaitingRows()
            return queue.take(with: &spare) { _, _ in }
        }
        #expect(taken(1, .numbered(1)) == 100)
        #expect(taken(0, .numbered(1)) == 0)
        #expect(taken(0, .numbered(1, fault: .failed)) == 100)
        #expect(taken(0.001, .numbered(1, fault: .invalidRequest)) == 100)
    }

    /// Memory that somebody else writes over afterwards.
    private final class Slot: Sendable {
        nonisolated(unsafe) let base = UnsafeMutableRawPointer.allocate(byteCount: 16, alignment: 16)
        deinit { base.deallocate() }

        func tensor(isLent: Bool) -> Tensor {
            base.storeBytes(of: 11, as: Int64.self)
            base.storeBytes(of: 12, toByteOffset: 8, as: Int64.self)
            return Tensor(
                checkedName: "x", elementType: .int64, shape: .vector(2),
                storage: TensorStorage(borrowing: base, byteCount: 16, owner: self, isLent: isLent))
        }
    }

    @Test func `memory that is only lent is copied, and what may be kept is kept as it is`() {
        let slot = Slot()
        let lent = slot.tensor(isLent: true)
        let copy = KeptTensors.of([lent])
        #expect(copy.tensors[0].storage !== lent.storage)
        #expect(copy.bytes == 16)
        slot.base.storeBytes(of: 99, as: Int64.self)
        #expect(copy.tensors[0].storage.bytes.load(as: Int64.self) == 11)
        let own = slot.tensor(isLent: false)
        #expect(KeptTensors.of([own]).tensors[0].storage === own.storage)
    }

    @Test func `a tensor that is too large is let go of at once, and its row says so`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        let queue = LedgerQueue()
        let tap = workshop.tap(book, queue: queue)
        var row = ObservedPrediction.numbered(1)
        let large = Tensor.numbers("large", [Int](repeating: 1, count: LedgerBounds.tensor / 8 + 1))
        let fits = Tensor.numbers("fits", [Int](repeating: 1, count: LedgerBounds.tensor / 8))
        row.inputs = [large, .numbers("small", [5])] + [fits, fits, fits, fits]
        tap.observe(row)
        var spare = WaitingRows()
        _ = queue.take(with: &spare) { tap, row in
            if case .whole(let waiting) = row {
                #expect(waiting.observed.inputs[0].storage.byteCount == 0)
            } else {
                Issue.record("a row of a mebibyte was copied")
            }
            book.append(row, of: tap)
        }
        book.endPass()
        let read = try #require(try LedgerWorkshop.rows(of: book).first)
        let isWhole = read.inputs.map { $0.tensor != nil }
        // The last of the four is one too many for a row of a mebibyte.
        #expect(isWhole == [false, true, true, true, true, false])
        #expect(read.inputs[0].shape == large.shape)
        #expect(read.outputs.first?.tensor != nil)
    }

    @Test func `a caller's own name is cut where it is very long`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        let queue = LedgerQueue()
        let tap = workshop.tap(book, queue: queue)
        var row = ObservedPrediction.numbered(1)
        row.requestID = String(repeating: "n", count: 100_000)
        tap.observe(row)
        var spare = WaitingRows()
        _ = queue.take(with: &spare) { tap, row in book.append(row, of: tap) }
        book.endPass()
        #expect(try LedgerWorkshop.rows(of: book).first?.requestID == String(repeating: "n", count: 1024))
    }

    @Test func `small and large predictions of several versions are written in the order in which they came`() throws {
        let workshop = LedgerWorkshop()
        let book = workshop.book()
        let queue = LedgerQueue(lines: 1)
        let taps = [workshop.tap(book, queue: queue), workshop.tap(book, queue: queue)]
        var random = SeededRandom(seed: 3)
        for number in 0..<200 {
            var row = ObservedPrediction.numbered(number)
            if Bool.random(using: &random) { row.inputs = [.numbers("x", [Int](repeating: number, count: 1000))] }
            taps[Int.random(in: 0...1, using: &random)].observe(row)
        }
        var spare = WaitingRows()
        #expect(queue.take(with: &spare) { tap, row in tap.book.append(row, of: tap) } == 200)
        book.endPass()
        let rows = try LedgerWorkshop.rows(of: book)
        #expect(rows.map(\.prediction.low) == Array(0..<200))
        for row in rows {
            let input = try #require(row.inputs.first?.tensor)
            let expected: Tensor =
                input.name == "x"
                ? .numbers("x", [Int](repeating: Int(row.prediction.low), count: 1000)) : .numbers("customer", [0])
            #expect(input.storage.bytes.elementsEqual(expected.storage.bytes))
        }
    }
}
