import InferenceProtocol
import Tensors

/// Rows to try a model with: deterministic, each unlike the others, some small and some large, since what takes a scale
/// over all rows treats a small one differently beside a large one.
enum SampleRows {
    /// How wild the values are; what one model takes, another refuses (an index out of range, an unknown word).
    private enum Kind: CaseIterable {
        /// Numbers from a thousandth to one of both signs, whole numbers from 0 to 9, short texts.
        case varied
        /// Numbers from a thousandth to one, whole numbers 0 and 1, empty texts.
        case mild
    }

    /// Sizes to try for dimensions that the model leaves open, behind the first.
    private static let sizes = [16, 1, 4, 64]

    /// `count` requests of one row and one group on which the model runs, or `nil` when none was found.
    ///
    /// - Parameter example: a request of the version's own, with the required inputs and no others. The rows then are its
    ///   rows with their numbers made smaller and larger; where it has no such numbers, rows of its shape.
    static func find(
        like example: InferenceRequest?, signature: Signature, count: Int, run: BatchingCheck.Run
    ) async -> [InferenceRequest]? {
        if let example {
            if let rows = scaled(example, count: count) { return await runs(rows, run) ? rows : nil }
            for kind in Kind.allCases {
                let rows = make(kind, signature: signature, count: count) { example.inputs[$0].shape.dimensions }
                if let rows, await runs(rows, run) { return rows }
            }
            return nil
        }
        let required = signature.inputs.filter { !$0.isOptional }
        let open = required.contains { input in
            input.shape.dropFirst().contains { if case .fixed = $0 { false } else { true } }
        }
        for kind in Kind.allCases {
            for size in open ? sizes : [1] {
                let rows = make(kind, signature: signature, count: count) { input in
                    required[input].shape.map { if case .fixed(let size) = $0 { size } else { size } }
                }
                if let rows, await runs(rows, run) { return rows }
            }
        }
        return nil
    }

    /// Whether both request may share a run, but for the rows.
    static func haveSameRows(_ left: InferenceRequest, _ right: InferenceRequest) -> Bool {
        left.inputs.count == right.inputs.count
            && zip(left.inputs, right.inputs).allSatisfy {
                $0.name == $1.name && $0.shape.dimensions.dropFirst() == $1.shape.dimensions.dropFirst()
            }
    }

    private static func runs(_ rows: [InferenceRequest], _ run: BatchingCheck.Run) async -> Bool {
        for row in rows {
            guard case .success = await run(row) else { return false }
        }
        return true
    }

    // MARK: - made up

    /// - Parameter dimensions: of a required input by its place among those; the first one is made 1.
    private static func make(
        _ kind: Kind, signature: Signature, count: Int, dimensions: (Int) -> [Int]
    ) -> [InferenceRequest]? {
        let outputs = signature.outputs.indices.map { RequestedOutput(index: $0) }
        var random = Sequence64(seed: 20)
        var requests: [InferenceRequest] = []
        for row in 0..<count {
            var inputs: [Tensor] = []
            for (place, spec) in signature.inputs.filter({ !$0.isOptional }).enumerated() {
                guard let shape = try? Shape([1] + dimensions(place).dropFirst()), shape.elementCount <= 1 << 22,
                    let storage = values(spec.elementType, shape.elementCount, kind, scale: scale(of: row), &random)
                else { return nil }
                inputs.append(
                    Tensor(checkedName: spec.name, elementType: spec.elementType, shape: shape, storage: storage))
            }
            requests.append(InferenceRequest(inputs: inputs, outputs: outputs))
        }
        return requests
    }

    /// 1, 0.001, 0.1, 0.01, and again.
    private static func scale(of row: Int) -> Float {
        [1, 0.001, 0.1, 0.01][row % 4]
    }

    private static func values(
        _ type: ElementType, _ count: Int, _ kind: Kind, scale: Float, _ random: inout Sequence64
    ) -> TensorStorage? {
        if type == .bytes {
            let words = kind == .mild ? [""] : ["", "a", "red", "true", "2024"]
            let texts = (0..<count).map { _ in Array(words[random.below(words.count)].utf8) }
            return BytesElements.encode(texts)
        }
        guard let width = type.byteWidth else { return nil }
        let storage = TensorStorage(byteCount: count * width)
        for index in 0..<count {
            let number = kind == .varied ? 2 * random.unit() - 1 : random.unit()
            let whole = random.below(kind == .varied && type != .bool ? 10 : 2)
            store(type, number * scale, whole, storage.base + index * width)
        }
        return storage
    }

    private static func store(_ type: ElementType, _ number: Float, _ whole: Int, _ place: UnsafeMutableRawPointer) {
        switch type {
        case .fp32: place.storeBytes(of: number, as: Float.self)
        case .fp64: place.storeBytes(of: Double(number), as: Double.self)
        case .fp16: place.storeBytes(of: HalfPrecision.fp16Bits(number), as: UInt16.self)
        case .bf16: place.storeBytes(of: HalfPrecision.bf16Bits(number), as: UInt16.self)
        case .bool, .int8, .uint8: place.storeBytes(of: UInt8(whole), as: UInt8.self)
        case .int16, .uint16: place.storeBytes(of: UInt16(whole), as: UInt16.self)
        case .int32, .uint32: place.storeBytes(of: UInt32(whole), as: UInt32.self)
        case .int64, .uint64: place.storeBytes(of: UInt64(whole), as: UInt64.self)
        case .bytes: break
        }
    }

    // MARK: - out of an example

    /// `nil` when there is no number in it that could be scaled.
    private static func scaled(_ example: InferenceRequest, count: Int) -> [InferenceRequest]? {
        guard example.inputs.contains(where: { $0.elementType == .fp32 || $0.elementType == .fp64 }) else { return nil }
        return (0..<count).map { row in
            var request = example
            request.inputs = example.inputs.map { scaled($0, by: scale(of: row)) }
            return request
        }
    }

    private static func scaled(_ tensor: Tensor, by scale: Float) -> Tensor {
        guard let width = tensor.elementType.byteWidth, tensor.elementType == .fp32 || tensor.elementType == .fp64
        else { return tensor }
        let storage = TensorStorage(byteCount: tensor.storage.byteCount)
        for offset in stride(from: 0, to: tensor.storage.byteCount - width + 1, by: width) {
            let (from, to) = (tensor.storage.base + offset, storage.base + offset)
            if tensor.elementType == .fp32 {
                to.storeBytes(of: from.loadUnaligned(as: Float.self) * scale, as: Float.self)
            } else {
                to.storeBytes(of: from.loadUnaligned(as: Double.self) * Double(scale), as: Double.self)
            }
        }
        return Tensor(
            checkedName: tensor.name, elementType: tensor.elementType, shape: tensor.shape, storage: storage)
    }
}

/// The same numbers on every machine: SplitMix64 (Steele, Lea, Flood 2014).
private struct Sequence64 {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    /// From 0 to 1, without 1.
    mutating func unit() -> Float { Float(next() >> 40) / Float(1 << 24) }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}
