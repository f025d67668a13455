import InferenceProtocol
package import NIOCore

/// What can be read of a message that has not all come.
extension GRPCInferRequest {
    /// The model's name at the front, where every writer puts it; `nil` when it is not there, or not all of it.
    package static func leadingName(of front: ByteBuffer) -> String? {
        let start = front.readerIndex
        // The tag of field 1 and a length of one byte: names are shorter than that.
        guard front.getInteger(at: start, as: UInt8.self) == 0x0a,
            let length = front.getInteger(at: start + 1, as: UInt8.self), length < 0x80
        else { return nil }
        return front.getString(at: start + 2, length: Int(length))
    }

    /// Where in the message the bytes of its first raw tensor begin; `nil` when there is none within `front`.
    package static func rawContentsOffset(of front: ByteBuffer) -> Int? {
        front.withUnsafeReadableBytes { bytes in
            var reader = ProtobufReader(bytes)
            do throws(JSONProblem) {
                while let tag = try reader.next() {
                    if tag.number == Field.rawInputContents, tag.wire == .lengthDelimited {
                        _ = try reader.varint()
                        return reader.offset
                    }
                    try reader.skip(tag)
                }
            } catch {
                // What it is in the middle of has not all come.
            }
            return nil
        }
    }
}
