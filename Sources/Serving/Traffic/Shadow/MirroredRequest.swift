import InferenceProtocol
import Tensors

/// One request that the primary has answered.
struct MirroredRequest: Sendable {
    private(set) var request: InferenceRequest
    /// The primary's, one for each output that the request wants.
    private(set) var outputs: [Tensor]
    let prediction: PredictionID
    /// Nanoseconds that the primary's model took.
    let compute: UInt64

    init(_ request: InferenceRequest, _ answer: PredictionResult, _ prediction: PredictionID) {
        self.request = request
        outputs = answer.outputs
        self.prediction = prediction
        compute = answer.compute
    }

    /// Has tensors of its own: those that are lent would keep a worker's slot, or what came over a connection, for as
    /// long as it waits.
    mutating func keep() {
        request.inputs = request.inputs.map(\.kept)
        outputs = outputs.map(\.kept)
    }

    /// Bytes of its tensors.
    var bytes: Int { outputs.reduce(LoadedModel.size(of: request)) { $0 &+ $1.storage.byteCount } }
}

/// A small one as bytes, for as long as it waits: the model's signature says the names and types.
struct MirroredRecord {
    /// Bytes of tensors up to which they are copied.
    private static let most = 4096

    private let signature: Signature

    init(_ signature: Signature) {
        self.signature = signature
    }

    /// Whether the request can be written: it is small, and all in it is as the signature has it.
    func takes(_ mirrored: MirroredRequest) -> Bool {
        let (request, outputs) = (mirrored.request, mirrored.outputs)
        guard request.outputs.count == outputs.count, mirrored.bytes <= Self.most else { return false }
        var place = 0
        for input in request.inputs {
            guard let found = self.place(of: input, from: place) else { return false }
            place = found + 1
        }
        for (wanted, output) in zip(request.outputs, outputs) {
            guard signature.outputs.indices.contains(wanted.index), output.isOf(signature.outputs[wanted.index])
            else { return false }
        }
        return true
    }

    func write(_ mirrored: MirroredRequest, into bytes: RecordBytes) {
        bytes.reserve(256)
        bytes.write(mirrored.prediction.high)
        bytes.write(mirrored.prediction.low)
        bytes.write(mirrored.compute)
        bytes.write(UInt32(truncatingIfNeeded: mirrored.request.inputs.count))
        var place = 0
        for input in mirrored.request.inputs {
            place = self.place(of: input, from: place) ?? place
            write(input, place, bytes)
            place += 1
        }
        bytes.write(UInt32(truncatingIfNeeded: mirrored.outputs.count))
        for (wanted, output) in zip(mirrored.request.outputs, mirrored.outputs) { write(output, wanted.index, bytes) }
    }

    /// `nil` for what `write` has not written.
    func read(_ bytes: UnsafeRawBufferPointer) -> MirroredRequest? {
        var cursor = RecordCursor(bytes)
        do throws(MalformedRecord) {
            let prediction = PredictionID(high: try cursor.next(UInt64.self), low: try cursor.next(UInt64.self))
            let compute = try cursor.next(UInt64.self)
            var request = InferenceRequest(inputs: [], outputs: [])
            var answer = PredictionResult(outputs: [], queue: 0, compute: compute)
            try tensors(&cursor, signature.inputs) { _, tensor in request.inputs.append(tensor) }
            try tensors(&cursor, signature.outputs) { place, tensor in
                request.outputs.append(RequestedOutput(index: place))
                answer.outputs.append(tensor)
            }
            return MirroredRequest(request, answer, prediction)
        } catch {
            return nil
        }
    }

    private func place(of input: Tensor, from start: Int) -> Int? {
        var place = start
        while place < signature.inputs.count {
            if input.isOf(signature.inputs[place]) { return place }
            place += 1
        }
        return nil
    }

    private func write(_ tensor: Tensor, _ place: Int, _ bytes: RecordBytes) {
        bytes.write(UInt32(truncatingIfNeeded: place))
        bytes.write(UInt32(truncatingIfNeeded: tensor.shape.dimensions.count))
        for size in tensor.shape.dimensions { bytes.write(Int64(size)) }
        bytes.write(UInt32(truncatingIfNeeded: tensor.storage.byteCount))
        bytes.write(tensor.storage.bytes)
    }

    private func tensors(
        _ cursor: inout RecordCursor, _ specs: [TensorSpec], _ body: (Int, Tensor) -> Void
    ) throws(MalformedRecord) {
        for _ in 0..<(try cursor.next(UInt32.self)) {
            let place = Int(try cursor.next(UInt32.self))
            guard specs.indices.contains(place) else { throw MalformedRecord("no such tensor") }
            let rank = Int(try cursor.next(UInt32.self))
            var dimensions: [Int] = []
            dimensions.reserveCapacity(min(rank, 8))
            for _ in 0..<rank { dimensions.append(Int(try cursor.next(Int64.self))) }
            guard let shape = try? Shape(dimensions) else { throw MalformedRecord("no such shape") }
            let bytes = try cursor.bytes(Int(try cursor.next(UInt32.self)))
            let storage = TensorStorage(byteCount: bytes.count)
            storage.mutableBytes.copyMemory(from: bytes)
            let spec = specs[place]
            body(place, Tensor(checkedName: spec.name, elementType: spec.elementType, shape: shape, storage: storage))
        }
    }
}

/// Requests that wait for the candidate. For one thread at a time.
struct MirroredRequests: ~Copyable, Sendable {
    private var line = WaitingLine()
    private var wholes: [MirroredRequest] = []

    var count: Int { line.count }
    var bytes: Int { line.bytes }

    mutating func append(_ mirrored: MirroredRequest) {
        line.appendWhole(bytes: mirrored.bytes)
        wholes.append(mirrored)
    }

    /// For one that the form takes.
    mutating func append(_ mirrored: MirroredRequest, as form: MirroredRecord) {
        line.append { form.write(mirrored, into: $0) }
    }

    func forEach(_ form: MirroredRecord, _ body: (MirroredRequest) -> Void) {
        var next = 0
        line.forEach { item in
            switch item {
            case .whole:
                body(wholes[next])
                next += 1
            case .record(let bytes): if let mirrored = form.read(bytes) { body(mirrored) }
            }
        }
    }

    mutating func removeAll() {
        line.removeAll()
        wholes.removeAll(keepingCapacity: true)
    }
}

extension Tensor {
    fileprivate func isOf(_ spec: TensorSpec) -> Bool { elementType == spec.elementType && name == spec.name }
}
