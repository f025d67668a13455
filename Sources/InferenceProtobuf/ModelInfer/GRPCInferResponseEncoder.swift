package import InferenceProtocol
package import NIOCore
package import Tensors

/// Writes a `ModelInferResponse` of the Open Inference Protocol v2 over gRPC.
///
/// Its tensors travel as raw contents when the request's did, else in typed contents; where one of them is of a 16-bit
/// float type, for which there are none, all of them travel raw.
package enum GRPCInferResponseEncoder {
    /// Bytes that an answer may have: what other implementations of Protocol Buffers still read.
    package static let largestMessage = Int(Int32.max)

    /// Appends the message, without gRPC's prefix.
    ///
    /// - Parameters:
    ///   - id: The caller's own; empty or `nil` for none.
    ///   - outputs: As the model gave them, in the order of `requested`.
    ///   - labels: The class names of the output with this index into the signature, if it has any.
    ///   - isFinal: Says that no more answers follow to this request; only where the caller asked to be told.
    /// - Throws: When the answer would be larger than a message can be; the buffer is then as it was.
    package static func encode(
        modelName: String, modelVersion: String, id: String?, outputs: [Tensor], requested: [RequestedOutput],
        labels: (Int) -> [String]? = { _ in nil }, isFinal: Bool = false, into buffer: inout ByteBuffer
    ) throws(ProtocolError) {
        let response = try GRPCResponseLayout(
            modelName: modelName, modelVersion: modelVersion, id: id ?? "", isFinal: isFinal,
            outputs: try answered(outputs, requested, labels), isRaw: requested.contains(where: \.binary))
        buffer.writeProtobuf(size: response.size) { response.write(&$0) }
    }

    /// Appends the same as the `infer_response` of a `ModelStreamInferResponse`.
    package static func encodeStreamed(
        modelName: String, modelVersion: String, id: String?, outputs: [Tensor], requested: [RequestedOutput],
        labels: (Int) -> [String]? = { _ in nil }, isFinal: Bool = false, into buffer: inout ByteBuffer
    ) throws(ProtocolError) {
        let response = try GRPCResponseLayout(
            modelName: modelName, modelVersion: modelVersion, id: id ?? "", isFinal: isFinal,
            outputs: try answered(outputs, requested, labels), isRaw: requested.contains(where: \.binary))
        buffer.writeProtobuf(size: ProtobufSize.field(2, length: response.size)) { writer in
            writer.begin(2, length: response.size)
            response.write(&writer)
        }
    }

    /// Appends a `ModelStreamInferResponse` for a request that failed; its `infer_response` has nothing but the request's
    /// `id`, as Triton's has.
    package static func encodeStreamError(_ message: String, id: String?, into buffer: inout ByteBuffer) {
        let idSize = ProtobufSize.string(3, id ?? "")
        let size = ProtobufSize.string(1, message) + (idSize > 0 ? ProtobufSize.field(2, length: idSize) : 0)
        buffer.writeProtobuf(size: size) { writer in
            writer.string(1, message)
            guard idSize > 0 else { return }
            writer.begin(2, length: idSize)
            writer.string(3, id ?? "")
        }
    }

    /// The tensors that the answer carries: as the model gave them, or their best classes.
    private static func answered(
        _ outputs: [Tensor], _ requested: [RequestedOutput], _ labels: (Int) -> [String]?
    ) throws(ProtocolError) -> [Tensor] {
        guard outputs.count == requested.count else {
            throw ProtocolError("the model gave \(outputs.count) outputs, but \(requested.count) were asked for")
        }
        guard requested.contains(where: { $0.classification > 0 }) else { return outputs }
        var size = AnswerLimit()
        var tensors = outputs
        for index in outputs.indices where requested[index].classification > 0 {
            let names = labels(requested[index].index)
            try size.addClasses(requested[index].classification, of: outputs[index], labels: names)
            tensors[index] = try Classification.top(
                requested[index].classification, of: outputs[index], labels: names)
        }
        return tensors
    }
}
