import CONNXRuntime
import Tensors

/// Strings in and out: `BYTES` elements are any bytes, embedded zeros included.
extension ORTFunctions {
    /// A string tensor with the elements of `tensor`.
    func stringValue(of tensor: Tensor, _ allocator: OpaquePointer) throws(ONNXFailure) -> OpaquePointer {
        // Counted before anything is made, since a shape can claim more elements than there are.
        guard BytesElements.count(in: tensor.storage.bytes) == tensor.shape.elementCount else {
            throw ONNXFailure(
                code: .invalidArgument,
                message: "input '\(tensor.name)' must hold \(tensor.shape.elementCount) length-prefixed elements")
        }
        var created: OpaquePointer?
        var failure: ONNXFailure?
        tensor.shape.withInt64Dimensions { dimensions, rank in
            failure = self.failure(
                CreateTensorAsOrtValue(allocator, dimensions, rank, tensor.elementType.onnxNumber, &created))
        }
        if let failure { throw failure }
        guard let value = created else { throw ONNXFailure(code: .fail, message: "no value for '\(tensor.name)'") }
        do throws(ONNXFailure) {
            var index = 0
            try BytesElements.forEach(in: tensor.storage.bytes) { element throws(ONNXFailure) in
                try fill(value, index, element)
                index += 1
            }
        } catch {
            ReleaseValue(value)
            throw error
        }
        return value
    }

    private func fill(_ value: OpaquePointer, _ index: Int, _ element: UnsafeRawBufferPointer) throws(ONNXFailure) {
        guard let start = element.baseAddress, element.count > 0 else { return }
        var buffer: UnsafeMutablePointer<CChar>?
        try check(GetResizedStringTensorElementBuffer(value, index, element.count, &buffer))
        guard let buffer else { throw ONNXFailure(code: .fail, message: "no memory for a string") }
        UnsafeMutableRawPointer(buffer).copyMemory(from: start, byteCount: element.count)
    }

    /// The elements of a string tensor, each with its length before it.
    func stringBytes(of value: OpaquePointer, count: Int, name: String) throws(ONNXFailure) -> TensorStorage {
        guard count > 0 else { return TensorStorage(byteCount: 0) }
        var length = 0
        try check(GetStringTensorDataLength(value, &length))
        let (prefixes, tooMany) = count.multipliedReportingOverflow(by: 4)
        let (total, tooLong) = prefixes.addingReportingOverflow(length)
        guard !tooMany, !tooLong else { throw ONNXFailure(code: .fail, message: "output '\(name)' is too long") }
        let storage = TensorStorage(byteCount: total)
        var offsets = [Int](repeating: 0, count: count)
        // The library writes all texts to the end of the storage; then each moves down to its place, behind its length.
        // Moving from the front never overwrites what is still to move.
        let texts = storage.base + prefixes
        try check(GetStringTensorContent(value, texts, length, &offsets, count))
        for index in 0..<count {
            let end = index + 1 < count ? offsets[index + 1] : length
            let size = end - offsets[index]
            guard let prefix = UInt32(exactly: size) else {
                throw ONNXFailure(code: .fail, message: "output '\(name)' holds a string longer than BYTES can be")
            }
            let place = storage.base + offsets[index] + 4 * index
            // Before the length is written: it may lie where an empty text's neighbour begins, never beyond it.
            let source = texts + offsets[index]
            (place + 4).copyMemory(from: source, byteCount: size)
            place.storeBytes(of: prefix.littleEndian, as: UInt32.self)
        }
        return storage
    }
}
