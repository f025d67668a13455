package import InferenceProtocol
package import NIOCore
package import Tensors

/// Reads a `ModelInferRequest` of the Open Inference Protocol v2 over gRPC: typed contents or raw ones, and the
/// classification extension.
///
/// Source: `grpc_predict_v2.proto` of KServe, with the types that Triton adds to it. Unknown fields are skipped; of a
/// field that may come once, the last holds.
package enum GRPCInferRequestDecoder {
    /// - Parameters:
    ///   - message: The message without gRPC's prefix; raw tensors that are aligned keep its memory alive.
    ///   - signature: The model's; inputs come back in its order.
    /// - Returns: A request whose outputs are all `binary` when the tensors came as raw contents: the answer takes the
    ///   same form.
    package static func decode(
        _ message: ByteBuffer, signature: Signature
    ) throws(ProtocolError) -> InferenceRequest {
        try message.withUnsafeReadableBytesWithStorageManagement {
            (bytes: UnsafeRawBufferPointer, owner: Unmanaged<AnyObject>) throws(ProtocolError) -> InferenceRequest in
            do throws(JSONProblem) {
                var reader = GRPCRequestReader(ProtobufReader(bytes), owner: owner, signature: signature)
                return try reader.read()
            } catch {
                throw error.protocolError
            }
        }
    }
}
