package import NIOCore
package import Tensors

/// Tensors as JSON, for whoever writes them down outside of any protocol. Floats have the fewest digits that read back as
/// the same number; NaN and the infinities are strings; a `BYTES` element that is no text is `{"b64": "..."}`.
package enum TensorText {
    /// Appends all elements, separated by commas. `storage` holds what the shape calls for.
    package static func writeElements(
        _ type: ElementType, _ storage: TensorStorage, into buffer: inout ByteBuffer
    ) {
        guard let width = type.byteWidth else {
            var isFirst = true
            BytesElements.forEach(in: storage.bytes) { element in
                if !isFirst { buffer.writeJSON(atMost: 1) { $0.byte(UInt8(ascii: ",")) } }
                isFirst = false
                writeText(element, into: &buffer)
            }
            return
        }
        let flat = Tensor(
            checkedName: "", elementType: type, shape: .vector(storage.byteCount / width), storage: storage)
        JSONElements.write(flat, 0..<flat.shape.elementCount, bareSpecials: false, into: &buffer)
    }

    /// Appends the elements in lists within lists, as `shape` has them; a scalar stands alone, and no elements are `[]`.
    package static func writeLists(
        _ type: ElementType, _ shape: Shape, _ storage: TensorStorage, into buffer: inout ByteBuffer
    ) {
        // However many empty lists there would be.
        guard shape.elementCount > 0 else { return buffer.writeJSON(atMost: 2) { $0.text("[]") } }
        let flat = Tensor(checkedName: "", elementType: type, shape: shape, storage: storage)
        var lists = Lists(tensor: flat)
        lists.write(0, into: &buffer)
    }

    /// Appends `text` as a JSON string.
    package static func writeQuoted(_ text: String, into buffer: inout ByteBuffer) {
        buffer.writeJSON(atMost: JSONOutput.quotedBound(text.utf8.count)) { $0.quoted(text) }
    }

    fileprivate static func writeText(_ element: UnsafeRawBufferPointer, into buffer: inout ByteBuffer) {
        if UTF8Check.firstInvalid(in: element) == nil {
            return buffer.writeJSON(atMost: JSONOutput.quotedBound(element.count)) { $0.quoted(element) }
        }
        buffer.writeJSON(atMost: Base64.encodedCount(element.count) + 16) { output in
            output.text("{\"b64\":\"")
            Base64.encode(element) { output.byte($0) }
            output.text("\"}")
        }
    }
}

/// Where in a tensor the next element is.
private struct Lists {
    let tensor: Tensor
    var element = 0
    var offset = 0

    mutating func write(_ level: Int, into buffer: inout ByteBuffer) {
        let dimensions = tensor.shape.dimensions
        guard level < dimensions.count else { return writeNext(into: &buffer) }
        buffer.writeJSON(atMost: 1) { $0.byte(UInt8(ascii: "[")) }
        if level == dimensions.count - 1, tensor.elementType != .bytes {
            let end = element + dimensions[level]
            JSONElements.write(tensor, element..<end, bareSpecials: false, into: &buffer)
            element = end
        } else {
            for index in 0..<dimensions[level] {
                if index > 0 { buffer.writeJSON(atMost: 1) { $0.byte(UInt8(ascii: ",")) } }
                write(level + 1, into: &buffer)
            }
        }
        buffer.writeJSON(atMost: 1) { $0.byte(UInt8(ascii: "]")) }
    }

    private mutating func writeNext(into buffer: inout ByteBuffer) {
        defer { element += 1 }
        guard tensor.elementType == .bytes else {
            return JSONElements.write(tensor, element..<element + 1, bareSpecials: false, into: &buffer)
        }
        let bytes = tensor.storage.bytes
        guard bytes.count - offset >= 4 else { return }
        let length = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard length <= bytes.count - offset - 4 else { return }
        TensorText.writeText(
            UnsafeRawBufferPointer(rebasing: bytes[(offset + 4)..<(offset + 4 + length)]), into: &buffer)
        offset += 4 + length
    }
}
