import InferenceProtocol
import Tensors

/// The exact counts behind `ArmCounts`, raised by many threads at once.
final class ArmCounters: Sendable {
    /// Outputs whose values are counted; of models with more, the first.
    private static let outputsCounted = 16
    /// Rows of a request whose values are counted: a large request must not speak for all.
    private static let rowsCounted = 4
    /// Elements of an output that are looked at for what is not finite; of more, so many evenly spread.
    private static let elementsChecked = 4096

    private enum Counter: Int {
        case requests, errors, nonFinite
        /// What the bins of the outputs come behind.
        static let count = 3
    }

    private let outputs: [TensorSpec]
    private let counters: StripedCounters
    private let latency = LatencyHistogram()

    init(_ signature: Signature) {
        outputs = Array(signature.outputs.prefix(Self.outputsCounted))
        counters = StripedCounters(Counter.count + outputs.count * ValueBins.count)
    }

    /// Whether they can go on counting for a model with this signature.
    func fits(_ signature: Signature) -> Bool { Array(signature.outputs.prefix(Self.outputsCounted)) == outputs }

    func recordError() {
        let mine = counters.mine
        mine.add(1, to: Counter.requests.rawValue)
        mine.add(1, to: Counter.errors.rawValue)
    }

    func recordSuccess(_ request: InferenceRequest, _ result: PredictionResult) {
        let mine = counters.mine
        mine.add(1, to: Counter.requests.rawValue)
        latency.record(result.queue &+ result.compute)
        var isFinite = true
        // By index, as in `count`: iterators and wrappers of sequences may allocate.
        for place in 0..<min(request.outputs.count, result.outputs.count) {
            let (output, tensor) = (request.outputs[place].index, result.outputs[place])
            if isFinite, !tensor.isFinite(limit: Self.elementsChecked) { isFinite = false }
            guard output >= 0, output < outputs.count else { continue }
            count(tensor, from: Counter.count + output * ValueBins.count, mine)
        }
        if !isFinite { mine.add(1, to: Counter.nonFinite.rawValue) }
    }

    /// Counts the first element of some rows, in the bins that begin at `base`.
    private func count(_ tensor: Tensor, from base: Int, _ mine: StripedCounters.Copy) {
        let dimensions = tensor.shape.dimensions
        let rows = dimensions.isEmpty ? 1 : dimensions[0]
        guard rows > 0 else { return }
        let length = tensor.shape.elementCount / rows
        guard length > 0 else { return }
        if tensor.elementType == .bytes {
            var texts = TextElements(tensor.storage.bytes)
            for row in 0..<min(rows, Self.rowsCounted) {
                if row > 0 { for _ in 1..<length { _ = texts.next() } }
                guard let text = texts.next() else { return }
                let mixed = VariantChooser.mixed(RoutingKey(text).hash)
                mine.add(1, to: base + Int(truncatingIfNeeded: mixed % UInt64(TextBins.count)))
            }
            return
        }
        for row in 0..<min(rows, Self.rowsCounted) {
            if let number = tensor.number(at: row * length), let bin = ValueBins.bin(number) {
                mine.add(1, to: base + bin)
            }
        }
    }

    func snapshot() -> ArmCounts {
        ArmCounts(
            requests: counters.sum(Counter.requests.rawValue), errors: counters.sum(Counter.errors.rawValue),
            nonFinite: counters.sum(Counter.nonFinite.rawValue), latency: latency.snapshot(),
            outputs: outputs.indices.map { index in
                let base = Counter.count + index * ValueBins.count
                let bins = outputs[index].elementType == .bytes ? TextBins.count : ValueBins.count
                return OutputCounts(name: outputs[index].name, bins: (0..<bins).map { counters.sum(base + $0) })
            })
    }
}

extension Tensor {
    /// Whether no float is a NaN or an infinity, of at most `limit` elements that are spread evenly. Others are finite.
    func isFinite(limit: Int) -> Bool {
        switch elementType {
        case .fp32:
            return allElements(UInt32.self, limit) { bytes, offset in
                bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self) & 0x7f80_0000 != 0x7f80_0000
            }
        case .fp64:
            return allElements(UInt64.self, limit) { bytes, offset in
                bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self) & 0x7ff0_0000_0000_0000
                    != 0x7ff0_0000_0000_0000
            }
        case .fp16:
            return allElements(UInt16.self, limit) { bytes, offset in
                bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self) & 0x7c00 != 0x7c00
            }
        case .bf16:
            return allElements(UInt16.self, limit) { bytes, offset in
                bytes.loadUnaligned(fromByteOffset: offset, as: UInt16.self) & 0x7f80 != 0x7f80
            }
        case .bool, .int8, .int16, .int32, .int64, .uint8, .uint16, .uint32, .uint64, .bytes:
            return true
        }
    }

    @inline(__always)
    private func allElements<Element>(
        _ type: Element.Type, _ limit: Int, _ isFine: (UnsafeRawBufferPointer, Int) -> Bool
    ) -> Bool {
        let width = MemoryLayout<Element>.size
        let bytes = storage.bytes
        let count = bytes.count / width
        let step = count > limit ? (count + limit - 1) / limit : 1
        var index = 0
        while index < count {
            guard isFine(bytes, index * width) else { return false }
            index += step
        }
        return true
    }
}
