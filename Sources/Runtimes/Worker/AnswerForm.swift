import CWorkerMemory
import Tensors

/// One answer as it lies in a slot's area behind its call:
///
///     status (u32), outputs (u32), nanoseconds of the run (u64), size (u64)
///     for each output: rank (u32), offset (u64), bytes (u64), dimensions (i64 each)
///     the outputs' elements, each aligned; or the bytes of a message, `size` of them
///
/// The worker may have written anything: the server copies the head, checks it, and believes it then.
enum AnswerForm {
    enum Status: UInt32 {
        case answered = 1
        case invalidInput = 2
        case failed = 3
        case terminated = 4
        /// The model asked for more memory than the worker may have.
        case outOfMemory = 5
        /// The outputs take `size` bytes, more than the area has: the worker keeps them until they are to be delivered.
        case noRoom = 6
    }

    /// What an answer says.
    enum Content {
        case answered([Tensor], nanoseconds: UInt64)
        case refused(Status, message: String)
        case noRoom(bytes: Int)
    }

    private static let headBytes = 24
    private static let longestMessage = 900
    /// Outputs up to this many bytes all together are copied, which frees the slot at once.
    private static let copied = 16 << 10

    // MARK: - The worker's side

    /// Writes `answer`, or how much room it needs; then returns false.
    static func write(_ answer: RunAnswer, to area: SharedMemory, at offset: Int) -> Bool {
        let (outputs, nanoseconds) = (answer.outputs, answer.nanoseconds ?? 0)
        let descriptors = outputs.reduce(headBytes) { $0 + 20 + 8 * $1.shape.dimensions.count }
        let end = SharedLayout.total(offset + descriptors, outputs.lazy.map(\.storage.byteCount))
        guard let end, end <= area.byteCount else {
            // As much behind the start of a new area, where it is as aligned as here.
            writeHead(.noRoom, 0, nanoseconds, size: (end ?? .max) - offset, to: area, at: offset)
            return false
        }
        var head = writeHead(.answered, outputs.count, nanoseconds, size: 0, to: area, at: offset)
        var data = SharedWriter(area, at: offset + descriptors)
        for tensor in outputs {
            data.align()
            head.write(UInt32(truncatingIfNeeded: tensor.shape.dimensions.count))
            head.write(UInt64(truncatingIfNeeded: data.offset))
            head.write(UInt64(truncatingIfNeeded: tensor.storage.byteCount))
            for size in tensor.shape.dimensions { head.write(Int64(size)) }
            data.write(tensor.storage.bytes)
        }
        return true
    }

    static func write(_ status: Status, _ message: String, to area: SharedMemory, at offset: Int) {
        let bytes = Array(message.utf8.prefix(longestMessage))
        var writer = writeHead(status, 0, 0, size: bytes.count, to: area, at: offset)
        bytes.withUnsafeBytes { writer.write($0) }
    }

    @discardableResult
    private static func writeHead(
        _ status: Status, _ outputs: Int, _ nanoseconds: UInt64, size: Int, to area: SharedMemory, at offset: Int
    ) -> SharedWriter {
        var writer = SharedWriter(area, at: offset)
        writer.write(status.rawValue)
        writer.write(UInt32(truncatingIfNeeded: outputs))
        writer.write(nanoseconds)
        writer.write(UInt64(clamping: size))
        return writer
    }

    // MARK: - The server's side

    /// Reads the answer at `offset`. Tensors borrow from `area` by `owner`, unless they are small or texts.
    ///
    /// - Parameter outputs: what was asked for, by index in the signature.
    static func read(
        from area: SharedMemory, at offset: Int, outputs: [Int], signature: Signature, owner: AnyObject
    ) throws(WorkerFault) -> Content {
        var reader = SharedReader(area, at: offset)
        let status = Status(rawValue: try reader.next(UInt32.self))
        let count = try reader.next(UInt32.self)
        let nanoseconds = try reader.next(UInt64.self)
        let size = Int(clamping: try reader.next(UInt64.self))
        switch status {
        case .answered:
            guard Int(count) == outputs.count else { throw WorkerFault("it has \(count) outputs") }
            var tensors: [Tensor] = []
            tensors.reserveCapacity(outputs.count)
            for index in outputs {
                guard index >= 0, index < signature.outputs.count else { throw WorkerFault("output \(index)") }
                tensors.append(try TensorForm.read(&reader, signature.outputs[index], in: area, owner: owner))
            }
            return .answered(try settled(tensors), nanoseconds: nanoseconds)
        case .noRoom: return .noRoom(bytes: size)
        case .invalidInput, .failed, .terminated, .outOfMemory:
            let message = try reader.bytes(min(size, longestMessage))
            return .refused(status ?? .failed, message: String(decoding: message, as: UTF8.self))
        case nil: throw WorkerFault("it has no status")
        }
    }

    /// Tensors that may be read as often as one likes: texts, whose lengths say where to read next, must not change in
    /// between; small ones are copied sooner than their slot comes back.
    private static func settled(_ tensors: [Tensor]) throws(WorkerFault) -> [Tensor] {
        let isSmall = tensors.reduce(0) { $0 &+ $1.storage.byteCount } <= copied
        guard isSmall || tensors.contains(where: { $0.elementType == .bytes }) else { return tensors }
        var settled: [Tensor] = []
        settled.reserveCapacity(tensors.count)
        for tensor in tensors {
            guard isSmall || tensor.elementType == .bytes else {
                settled.append(tensor)
                continue
            }
            let storage = TensorStorage(byteCount: tensor.storage.byteCount)
            WorkerCopy(storage.base, tensor.storage.base, storage.byteCount)
            if tensor.elementType == .bytes,
                BytesElements.count(in: storage.bytes) != tensor.shape.elementCount
            {
                throw WorkerFault("'\(tensor.name)' has other texts than its shape needs")
            }
            settled.append(
                Tensor(
                    checkedName: tensor.name, elementType: tensor.elementType, shape: tensor.shape, storage: storage))
        }
        return settled
    }
}
