import Tensors

/// One call as it lies in a slot's area, in native byte order, since both sides are one program on one machine:
///
///     inputs (u32), outputs (u32), where the answer is to begin (u64)
///     for each input: index in the signature (u32), rank (u32), offset (u64), bytes (u64), dimensions (i64 each)
///     for each output: index in the signature (u32)
///     the inputs' elements, each aligned
struct CallForm {
    /// Inputs with their indices in the signature.
    private let inputs: [(index: Int, tensor: Tensor)]
    private let outputs: [Int]
    private let headBytes: Int
    /// Where the answer begins.
    let answerOffset: Int

    /// What a refusal takes at most: it never needs a larger area.
    private static let leastAnswer = 1 << 10

    /// `tensors` in the signature's order, of which optional ones may be left out; `nil` when one is none of its inputs, or of
    /// another type.
    init?(_ tensors: [Tensor], outputs: [Int], signature: Signature) {
        var inputs: [(Int, Tensor)] = []
        inputs.reserveCapacity(tensors.count)
        var index = 0
        var headBytes = 16 + 4 * outputs.count
        for tensor in tensors {
            while index < signature.inputs.count, signature.inputs[index].name != tensor.name { index += 1 }
            guard index < signature.inputs.count, signature.inputs[index].elementType == tensor.elementType else {
                return nil
            }
            inputs.append((index, tensor))
            headBytes += 24 + 8 * tensor.shape.dimensions.count
            index += 1
        }
        guard let end = SharedLayout.total(headBytes, tensors.lazy.map(\.storage.byteCount)),
            end < Int.max - 2 * Self.leastAnswer
        else { return nil }
        self.inputs = inputs
        self.outputs = outputs
        self.headBytes = headBytes
        self.answerOffset = SharedLayout.aligned(end)
    }

    /// Bytes that the call takes, with the least room for its answer.
    var byteCount: Int { answerOffset + Self.leastAnswer }

    /// Writes the call into `area`, which has room for `byteCount`.
    func write(to area: SharedMemory) {
        var head = SharedWriter(area, at: 0)
        var data = SharedWriter(area, at: headBytes)
        head.write(UInt32(truncatingIfNeeded: inputs.count))
        head.write(UInt32(truncatingIfNeeded: outputs.count))
        head.write(UInt64(truncatingIfNeeded: answerOffset))
        for (index, tensor) in inputs {
            data.align()
            head.write(UInt32(truncatingIfNeeded: index))
            head.write(UInt32(truncatingIfNeeded: tensor.shape.dimensions.count))
            head.write(UInt64(truncatingIfNeeded: data.offset))
            head.write(UInt64(truncatingIfNeeded: tensor.storage.byteCount))
            for size in tensor.shape.dimensions { head.write(Int64(size)) }
            data.write(tensor.storage.bytes)
        }
        for index in outputs { head.write(UInt32(truncatingIfNeeded: index)) }
    }
}

extension CallForm {
    /// Reads a call; its tensors lie in `area` and keep it.
    static func read(
        from area: SharedMemory, signature: Signature
    ) throws(WorkerFault) -> (inputs: [Tensor], outputs: [Int], answerOffset: Int) {
        var reader = SharedReader(area, at: 0)
        let inputCount = try reader.next(UInt32.self)
        let outputCount = try reader.next(UInt32.self)
        guard let answerOffset = Int(exactly: try reader.next(UInt64.self)), answerOffset <= area.byteCount else {
            throw WorkerFault("there is no place for the answer")
        }
        var inputs: [Tensor] = []
        for _ in 0..<inputCount {
            let index = Int(try reader.next(UInt32.self))
            guard index < signature.inputs.count else { throw WorkerFault("there is no input \(index)") }
            inputs.append(try TensorForm.read(&reader, signature.inputs[index], in: area, owner: area))
        }
        var outputs: [Int] = []
        for _ in 0..<outputCount { outputs.append(Int(try reader.next(UInt32.self))) }
        return (inputs, outputs, answerOffset)
    }
}

/// One tensor's place and shape.
enum TensorForm {
    /// More dimensions than any model has.
    private static let deepest: UInt32 = 255

    /// Reads rank, offset, bytes and dimensions, and checks that they fit each other, `spec`'s type and `area`.
    static func read(
        _ reader: inout SharedReader, _ spec: TensorSpec, in area: SharedMemory, owner: AnyObject
    ) throws(WorkerFault) -> Tensor {
        let rank = try reader.next(UInt32.self)
        let offset = try reader.next(UInt64.self)
        let count = try reader.next(UInt64.self)
        guard rank <= deepest else { throw WorkerFault("'\(spec.name)' has \(rank) dimensions") }
        let place = try reader.check(offset: offset, count: count)
        var dimensions: [Int] = []
        dimensions.reserveCapacity(Int(rank))
        for _ in 0..<rank { dimensions.append(Int(clamping: try reader.next(Int64.self))) }
        guard let shape = try? Shape(dimensions) else { throw WorkerFault("'\(spec.name)' has a shape that cannot be") }
        if spec.elementType != .bytes, shape.byteCount(of: spec.elementType) != place.count {
            throw WorkerFault("'\(spec.name)' has other bytes than its shape needs")
        }
        let storage = TensorStorage(borrowing: area.base + place.offset, byteCount: place.count, owner: owner)
        return Tensor(checkedName: spec.name, elementType: spec.elementType, shape: shape, storage: storage)
    }
}
