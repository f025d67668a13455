/// The elements of a `BYTES` tensor: each a 32-bit little-endian length, then that many bytes.
///
/// Source: "Binary Tensor Data Extension" of the Open Inference Protocol.
package enum BytesElements {
    /// The number of elements in `buffer`, or `nil` when its lengths do not add up to its size.
    package static func count(in buffer: UnsafeRawBufferPointer) -> Int? {
        var offset = 0
        var count = 0
        while offset < buffer.count {
            guard buffer.count - offset >= 4 else { return nil }
            let length = Int(UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            guard length <= buffer.count - offset - 4 else { return nil }
            offset += 4 + length
            count += 1
        }
        return count
    }

    /// Calls `body` with each element in turn. Stops early at the first length that runs past the end.
    @inlinable
    package static func forEach<Failure: Error>(
        in buffer: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        var offset = 0
        while buffer.count - offset >= 4 {
            let length = Int(UInt32(littleEndian: buffer.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
            guard length <= buffer.count - offset - 4 else { return }
            try body(UnsafeRawBufferPointer(rebasing: buffer[(offset + 4)..<(offset + 4 + length)]))
            offset += 4 + length
        }
    }

    /// The encoding of `elements`, or `nil` when one is longer than 32 bits can say.
    package static func encode(_ elements: [[UInt8]]) -> TensorStorage? {
        var total = 0
        for element in elements {
            guard element.count <= Int(UInt32.max) else { return nil }
            let (sum, overflow) = total.addingReportingOverflow(element.count + 4)
            guard !overflow else { return nil }
            total = sum
        }
        let storage = TensorStorage(byteCount: total)
        var offset = 0
        for element in elements {
            storage.base.storeBytes(of: UInt32(element.count).littleEndian, toByteOffset: offset, as: UInt32.self)
            element.withUnsafeBytes { source in
                if let start = source.baseAddress, source.count > 0 {
                    (storage.base + offset + 4).copyMemory(from: start, byteCount: source.count)
                }
            }
            offset += 4 + element.count
        }
        return storage
    }
}
