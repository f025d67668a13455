import Crypto
import Foundation
import Journal
import Logging
import Runtimes
import Serving
import Synchronization
import Tensors

@testable import Monitoring

/// A clock that stands still until it is set. It begins with the real time, which files have too.
final class SetClock: WallClock {
    private let time: Mutex<Int>

    init() { time = Mutex(SystemClock().now) }

    var now: Int {
        get { time.withLock { $0 } }
        set { time.withLock { $0 = newValue } }
    }
}

/// A folder for ledgers, and predictions to put there.
final class LedgerWorkshop {
    let folder: String
    let clock = SetClock()
    static let endpoint = "churn"
    static let space = "default"

    init() {
        folder = NSTemporaryDirectory() + "slipway-ledger-\(UUID().uuidString)"
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    static var logger: Logger {
        var logger = Logger(label: "test")
        logger.logLevel = .critical
        return logger
    }

    /// A book without a ledger around it: nobody writes but who calls it.
    func book(calls: FileCalls = FileCalls()) -> LedgerBook {
        LedgerBook(
            space: Self.space, endpoint: Self.endpoint, folder: folder + "/default/churn", calls: calls, clock: clock,
            logger: Self.logger)
    }

    func ledger(calls: FileCalls = FileCalls()) -> Ledger {
        Ledger(folder: folder, clock: clock, logger: Self.logger, calls: calls, queue: LedgerQueue())
    }

    func tap(
        _ book: LedgerBook, options: LedgerOptions = LedgerOptions(), rules: FieldRules = .test,
        queue: LedgerQueue = LedgerQueue()
    ) -> LedgerTap {
        LedgerTap(Self.entry(options), variant: nil, options: options, rules: rules, book: book, queue: queue)
    }

    static func entry(_ options: LedgerOptions?, version: Int = 3) -> EndpointEntry {
        var all = EndpointOptions()
        all.ledger = options
        return EndpointEntry(
            space: space, name: endpoint, model: "churn", version: version, revision: 7,
            artifact: ArtifactReference(digest: "d", format: "onnx", files: []),
            description: ModelDescription(
                format: "onnx", signature: Signature(inputs: [], outputs: [])), options: all, isLoaded: true)
    }

    /// Writes `rows` as the writer would, in one pass.
    func write(_ rows: [ObservedPrediction], to book: LedgerBook, through tap: LedgerTap? = nil) {
        let tap = tap ?? self.tap(book)
        for row in rows {
            book.append(.whole(WaitingRow(tap: tap, time: clock.now, observed: row, bytes: 0)), of: tap)
        }
        book.endPass()
    }

    static func rows(of book: LedgerBook, _ query: LedgerQuery = LedgerQuery()) throws -> [LedgerRow] {
        let reader = RowReader(book, book.segments, query)
        var rows: [LedgerRow] = []
        while let row = try reader.next() { rows.append(row) }
        return rows
    }
}

extension FieldRules {
    static let test = FieldRules(space: "default", key: SymmetricKey(data: [UInt8](repeating: 7, count: 32)))
}

extension ObservedPrediction {
    /// The `number`th of a row of predictions with one input of whole numbers.
    static func numbered(_ number: Int, customer: Int = 0, fault: PredictionFault? = nil) -> ObservedPrediction {
        ObservedPrediction(
            prediction: PredictionID(high: 1, low: UInt64(number)), principal: "alice", key: nil,
            requestID: "r\(number)", inputs: [.numbers("customer", [customer])],
            outputs: fault == nil ? [.numbers("y", [number])] : [], fault: fault, nanoseconds: UInt64(number))
    }
}

extension Tensor {
    static func numbers(_ name: String, _ values: [Int]) -> Tensor {
        let storage = TensorStorage(byteCount: 8 * values.count)
        for (index, value) in values.enumerated() {
            storage.base.storeBytes(of: Int64(value).littleEndian, toByteOffset: 8 * index, as: Int64.self)
        }
        return Tensor(checkedName: name, elementType: .int64, shape: .vector(values.count), storage: storage)
    }
}
