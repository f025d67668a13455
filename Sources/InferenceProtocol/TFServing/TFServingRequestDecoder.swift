package import NIOCore
package import Tensors

/// Reads a predict request of TensorFlow Serving's REST API, version 1.
///
/// Types come from the model's signature, shapes from how the lists are nested. Nothing is added to a shape: a model with
/// a batch dimension wants one more list in `inputs`, and gets it from the list of `instances`.
package enum TFServingRequestDecoder {
    /// The request in `body`, checked against `signature`. Errors say where, what was expected and what came.
    package static func decode(
        _ body: ByteBuffer, signature: Signature
    ) throws(ProtocolError) -> TFServingRequest {
        try body.withUnsafeReadableBytes { (bytes: UnsafeRawBufferPointer) throws(ProtocolError) -> TFServingRequest in
            do throws(JSONProblem) {
                guard let cursor = JSONCursor(bytes) else {
                    throw JSONProblem("expected an object, got an empty body", at: 0)
                }
                var reader = TFServingRequestReader(cursor: cursor, signature: signature)
                return try reader.read()
            } catch {
                throw error.protocolError
            }
        }
    }
}
