import Serving
import Tensors

/// Rows of a prediction as bytes, so that nothing of it has to be kept: one bit for each source that is there, then row by
/// row the value of each of their features. A number has eight bytes; a text its length, and as much as it is told by.
enum SampledRows {
    /// - Parameters:
    ///   - rows: of the prediction.
    ///   - count: how many of them are wanted, 1 to `rows`: one of each stretch of as many.
    static func write(
        _ prediction: ObservedPrediction, _ plan: FeaturePlan, rows: Int, count: Int, into bytes: RecordBytes
    ) {
        var readers: [SourceReader] = []
        var present: UInt64 = 0
        for (place, source) in plan.sources.enumerated() {
            let tensors = source.role == .input ? prediction.inputs : prediction.outputs
            guard let tensor = tensors.first(where: { $0.name == source.name }),
                let reader = SourceReader(source, tensor, rows: rows)
            else { continue }
            present |= 1 << UInt64(place)
            readers.append(reader)
        }
        // A shape may say any number of rows where it has no elements.
        let count = readers.isEmpty ? 0 : count
        bytes.write(UInt32(truncatingIfNeeded: count))
        bytes.write(present)
        var mixed = prediction.prediction.low
        for number in 0..<count {
            // One of each stretch of rows, by lot: what comes in every fifth row is not always met, or never.
            let (first, end) = (number * rows / count, (number + 1) * rows / count)
            mixed = mixed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            let row = end - first > 1 ? first + Int(mixed >> 33) % (end - first) : first
            for place in readers.indices { readers[place].write(row: row, into: bytes) }
        }
    }

    /// Adds what was written to a watch.
    static func read(
        _ bytes: UnsafeRawBufferPointer, _ plan: FeaturePlan, into watch: inout DriftWatch
    ) throws(MalformedRecord) {
        try read(bytes, plan) { index, number, text in
            if let number { watch.add(number, at: index) }
            if let text { watch.add(text, at: index) }
        } endRow: {
            watch.endRow()
        }
    }

    /// Hands on each value with the index of its feature, a number or a text.
    static func read(
        _ bytes: UnsafeRawBufferPointer, _ plan: FeaturePlan, _ body: (Int, Double?, String?) -> Void,
        endRow: () -> Void
    ) throws(MalformedRecord) {
        var cursor = RecordCursor(bytes)
        let count = try cursor.next(UInt32.self)
        let present = try cursor.next(UInt64.self)
        for _ in 0..<count {
            for (place, source) in plan.sources.enumerated() where present & (1 << UInt64(place)) != 0 {
                try read(source, &cursor, body)
            }
            endRow()
        }
    }

    private static func read(
        _ source: FeaturePlan.Source, _ cursor: inout RecordCursor, _ body: (Int, Double?, String?) -> Void
    ) throws(MalformedRecord) {
        switch source.form {
        case .numbers(let count):
            for column in 0..<count { body(source.first + column, try cursor.double(), nil) }
        case .mean, .length: body(source.first, try cursor.double(), nil)
        case .texts(let count):
            for column in 0..<count {
                let length = Int(clamping: try cursor.next(UInt64.self))
                let isWhole = length <= TextKey.whole
                let kept = try cursor.bytes(isWhole ? length : TextKey.beginning)
                let checksum = isWhole ? nil : try cursor.next(UInt64.self)
                body(source.first + 2 * column, nil, TextKey.text(kept, checksum: checksum))
                body(source.first + 2 * column + 1, Double(length), nil)
            }
        }
    }
}

/// One tensor of a prediction that is gone through row by row.
private struct SourceReader {
    private let source: FeaturePlan.Source
    private let tensor: Tensor
    /// Elements of a row.
    private let width: Int
    /// Of texts, which follow each other: where the next one begins, and which it is.
    private var offset = 0
    private var element = 0

    /// `nil` where the tensor is not as the signature says: then there is nothing of it.
    init?(_ source: FeaturePlan.Source, _ tensor: Tensor, rows: Int) {
        guard rows > 0, tensor.elementType == source.elementType, tensor.shape.elementCount % rows == 0 else {
            return nil
        }
        width = tensor.shape.elementCount / rows
        guard width > 0, source.width == nil || source.width == width else { return nil }
        self.source = source
        self.tensor = tensor
    }

    /// - Parameter row: never one before the last.
    mutating func write(row: Int, into bytes: RecordBytes) {
        switch source.form {
        case .numbers(let count):
            for column in 0..<count { bytes.write(TensorNumbers.number(tensor, row * width + column)) }
        case .mean: bytes.write(TensorNumbers.mean(tensor, from: row * width, count: width))
        case .texts(let count):
            skip(to: row * width)
            for _ in 0..<count { writeText(into: bytes) }
        case .length:
            skip(to: row * width)
            var total = 0
            for _ in 0..<width { total += next()?.count ?? 0 }
            bytes.write(Double(total))
        }
    }

    private mutating func skip(to wanted: Int) {
        while element < wanted { if next() == nil { return } }
    }

    /// The next text; `nil` beyond the end.
    private mutating func next() -> UnsafeRawBufferPointer? {
        let all = tensor.storage.bytes
        guard all.count - offset >= 4 else { return nil }
        let length = Int(UInt32(littleEndian: all.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length <= all.count - offset - 4 else { return nil }
        defer {
            offset += 4 + length
            element += 1
        }
        return UnsafeRawBufferPointer(rebasing: all[(offset + 4)..<(offset + 4 + length)])
    }

    private mutating func writeText(into bytes: RecordBytes) {
        let text = next() ?? UnsafeRawBufferPointer(start: nil, count: 0)
        bytes.write(UInt64(text.count))
        guard text.count > TextKey.whole else { return bytes.write(text) }
        bytes.write(UnsafeRawBufferPointer(rebasing: text[..<TextKey.beginning]))
        bytes.write(TextKey.checksum(text))
    }
}

extension RecordBytes {
    func write(_ value: Double) { write(value.bitPattern) }
}

extension RecordCursor {
    mutating func double() throws(MalformedRecord) -> Double { Double(bitPattern: try next(UInt64.self)) }
}
