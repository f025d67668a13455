package import NIOCore
package import Tensors

/// Reads an inference request of the Open Inference Protocol v2 over HTTP, its binary tensor extension included.
///
/// One pass over the body: elements go straight into the tensor's memory, binary tensors are slices of the body. Keys
/// may come in any order, unknown ones are skipped.
package enum OIPRequestDecoder {
    /// - Parameters:
    ///   - body: The request's body; a binary tensor keeps its memory alive.
    ///   - headerLength: `Inference-Header-Content-Length`: how many bytes of the body are JSON; binary tensors follow.
    ///     `nil` when all of it is. 0 for a raw binary request: all of the body is the single input's data.
    ///   - signature: The model's; inputs come back in its order.
    ///   - keyParameter: The request parameter that becomes the request's `routingKey`.
    package static func decode(
        _ body: ByteBuffer, headerLength: Int?, signature: Signature, keyParameter: String? = nil
    ) throws(ProtocolError) -> InferenceRequest {
        try body.withUnsafeReadableBytesWithStorageManagement {
            (bytes: UnsafeRawBufferPointer, owner: Unmanaged<AnyObject>) throws(ProtocolError) -> InferenceRequest in
            do throws(JSONProblem) {
                return try decode(
                    bytes, owner: owner, headerLength: headerLength, signature: signature, keyParameter: keyParameter)
            } catch {
                throw error.protocolError
            }
        }
    }

    private static func decode(
        _ bytes: UnsafeRawBufferPointer, owner: Unmanaged<AnyObject>, headerLength: Int?, signature: Signature,
        keyParameter: String?
    ) throws(JSONProblem) -> InferenceRequest {
        if headerLength == 0 { return try RawBinaryRequest.decode(bytes, owner: owner, signature: signature) }
        let jsonCount = headerLength ?? bytes.count
        guard jsonCount >= 0, jsonCount <= bytes.count else {
            throw JSONProblem(
                "Inference-Header-Content-Length says \(jsonCount) bytes of JSON, but the body has \(bytes.count) bytes"
            )
        }
        guard let cursor = JSONCursor(UnsafeRawBufferPointer(rebasing: bytes[..<jsonCount])) else {
            throw JSONProblem("expected an object, got an empty body", at: 0)
        }
        var reader = OIPRequestReader(
            cursor: cursor,
            binary: headerLength == nil
                ? nil : BinarySection(bytes: UnsafeRawBufferPointer(rebasing: bytes[jsonCount...]), owner: owner),
            signature: signature, keyParameter: keyParameter
        )
        return try reader.read()
    }
}
