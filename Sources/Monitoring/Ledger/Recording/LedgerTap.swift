import Serving
import Tensors

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What one version of an endpoint tells the ledger: chooses which predictions are written down, and leaves them to the
/// writer.
final class LedgerTap: PredictionObserver {
    let revision: Int
    let version: Int
    let variant: String?
    let book: LedgerBook
    let rules: FieldRules
    private let sampling: Sampling
    private let queue: LedgerQueue

    init(
        _ entry: EndpointEntry, variant: String?, options: LedgerOptions, rules: FieldRules, book: LedgerBook,
        queue: LedgerQueue
    ) {
        revision = entry.revision
        version = entry.version
        self.variant = variant
        self.book = book
        self.rules = rules
        sampling = Sampling(share: options.share)
        self.queue = queue
    }

    var counts: ObserverCounts { book.counts }

    func observe(_ prediction: ObservedPrediction) {
        guard prediction.fault != nil || sampling.takes(prediction.prediction) else { return }
        if !take(prediction) { book.dropped(.queue, 1) }
    }

    private func take(_ prediction: ObservedPrediction) -> Bool {
        let time = Self.now()
        if rules.hashed.isEmpty, isSmall(prediction) { return queue.encode(prediction, time: time, of: self) }
        var kept = prediction
        let inputs = KeptTensors.of(prediction.inputs)
        let outputs = KeptTensors.of(prediction.outputs)
        kept.inputs = inputs.tensors
        kept.outputs = outputs.tensors
        if let id = prediction.requestID, id.utf8.count > LedgerBounds.requestID {
            kept.requestID = String(decoding: id.utf8.prefix(LedgerBounds.requestID), as: UTF8.self)
        }
        return queue.offer(
            WaitingRow(tap: self, time: time, observed: kept, bytes: inputs.bytes &+ outputs.bytes))
    }

    /// Bytes of tensors up to which an event loop puts a prediction into bytes itself.
    private static let smallBytes = 4096

    private func isSmall(_ prediction: ObservedPrediction) -> Bool {
        var bytes = prediction.requestID?.utf8.count ?? 0
        guard bytes <= LedgerBounds.requestID else { return false }
        for tensor in prediction.inputs { bytes &+= tensor.storage.byteCount }
        for tensor in prediction.outputs { bytes &+= tensor.storage.byteCount }
        return bytes <= Self.smallBytes
    }

    /// Microseconds since 1970.
    private static func now() -> Int {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int(time.tv_sec) &* 1_000_000 &+ Int(time.tv_nsec) / 1000
    }
}

/// Which predictions belong to a share of them: told by their number alone, so that the same prediction is in the sample
/// or not wherever one asks.
struct Sampling: Sendable {
    /// Of 2^64 numbers, how many are in the sample, less one; `nil` for none of them.
    private let last: UInt64?

    /// - Parameter share: 0 to 1.
    init(share: Double) {
        guard share > 0 else {
            last = nil
            return
        }
        let scaled = share * 0x1p64
        last = scaled >= 0x1p64 ? .max : UInt64(scaled)
    }

    func takes(_ prediction: PredictionID) -> Bool {
        guard let last else { return false }
        if last == .max { return true }
        return Self.mixed(prediction.high ^ Self.mixed(prediction.low)) < last
    }

    /// The finaliser of SplitMix64 (Steele, Lea and Flood, 2014).
    private static func mixed(_ value: UInt64) -> UInt64 {
        var mixed = value &+ 0x9e37_79b9_7f4a_7c15
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
