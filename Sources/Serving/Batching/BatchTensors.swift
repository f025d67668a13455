import InferenceProtocol
import Tensors

/// Puts the inputs of several requests behind each other, and takes the outputs apart again.
enum BatchTensors {
    /// One tensor for each input with the rows of all `requests` in their order, each byte copied once. The requests are
    /// of one group. `nil` when the whole would be larger than memory can be.
    static func gather(_ requests: [InferenceRequest], rows: Int) -> [Tensor]? {
        guard let first = requests.first else { return nil }
        var tensors: [Tensor] = []
        tensors.reserveCapacity(first.inputs.count)
        for index in first.inputs.indices {
            let model = first.inputs[index]
            var dimensions = model.shape.dimensions
            guard !dimensions.isEmpty else { return nil }
            dimensions[0] = rows
            guard let shape = try? Shape(dimensions), let storage = joined(requests, input: index) else { return nil }
            tensors.append(
                Tensor(checkedName: model.name, elementType: model.elementType, shape: shape, storage: storage))
        }
        return tensors
    }

    /// `BYTES` need nothing more: their elements carry their lengths.
    private static func joined(_ requests: [InferenceRequest], input: Int) -> TensorStorage? {
        var byteCount = 0
        for request in requests {
            let (sum, overflow) = byteCount.addingReportingOverflow(request.inputs[input].storage.byteCount)
            guard !overflow else { return nil }
            byteCount = sum
        }
        let storage = TensorStorage(byteCount: byteCount)
        var offset = 0
        for request in requests {
            let part = request.inputs[input].storage
            (storage.base + offset).copyMemory(from: part.base, byteCount: part.byteCount)
            offset += part.byteCount
        }
        return storage
    }

    /// What each of the requests gets of `outputs`: views of their memory, nothing is copied. `rows` are the rows of each
    /// request. `nil` when an output does not have one row for each row that went in.
    static func split(_ outputs: [Tensor], rows: [Int]) -> [[Tensor]]? {
        let total = rows.reduce(0, +)
        guard total > 0, outputs.allSatisfy({ $0.shape.dimensions.first == total }) else { return nil }
        var parts = [[Tensor]](repeating: [], count: rows.count)
        for index in parts.indices { parts[index].reserveCapacity(outputs.count) }
        for output in outputs {
            var start = 0
            for (index, count) in rows.enumerated() {
                guard let (part, end) = part(of: output, total: total, rows: count, from: start) else { return nil }
                parts[index].append(part)
                start = end
            }
        }
        return parts
    }

    /// `rows` of the `total` rows of `output`, which begin at the byte `start`, and the byte behind them.
    private static func part(of output: Tensor, total: Int, rows: Int, from start: Int) -> (Tensor, end: Int)? {
        var dimensions = output.shape.dimensions
        dimensions[0] = rows
        guard let shape = try? Shape(dimensions) else { return nil }
        let end: Int
        if output.elementType == .bytes {
            guard let found = self.end(of: shape.elementCount, in: output.storage.bytes, from: start) else {
                return nil
            }
            end = found
        } else {
            // The rows of one tensor are of one size, and all of them together are known to fit.
            end = start + output.storage.byteCount / total * rows
        }
        guard end <= output.storage.byteCount else { return nil }
        let storage = TensorStorage(
            borrowing: output.storage.base + start, byteCount: end - start, owner: output.storage,
            isLent: output.storage.isLent)
        return (Tensor(checkedName: output.name, elementType: output.elementType, shape: shape, storage: storage), end)
    }

    /// The byte behind `count` elements from `start` on.
    private static func end(of count: Int, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        var offset = start
        for _ in 0..<count {
            guard bytes.count - offset >= 4 else { return nil }
            let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            guard length <= bytes.count - offset - 4 else { return nil }
            offset += 4 + length
        }
        return offset
    }
}
